"""RandAugment and TrivialAugment over whole batches, uint8 [N, H, W, C] to the same.

Each image draws an operation and its strength. None of them needs a loop or a batch of another
size, so that nothing waits for a GPU: an operation moves pixels, blends the image with another,
or looks each byte up in a table, and an image takes part in the other two unchanged.
"""

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional as F

from workbench.config.sections.augment import AugmentConfig
from workbench.data.augmentation.draws import Source, integers, uniform
from workbench.data.augmentation.pixels import grey

BINS = 31  # strengths of an operation
MOVING = ("ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate")
SIGNED = (*MOVING, "Brightness", "Color", "Contrast", "Sharpness")  # of a random sign
OPERATIONS = (*SIGNED, "Posterize", "Solarize", "AutoContrast", "Equalize", "Identity")
# The largest shear, angle in degrees and change of a blend, and the bits that posterising takes.
LARGEST = {"randaugment": (0.3, 30.0, 0.9, 4), "trivialaugment": (0.99, 135.0, 0.99, 6)}
SHARE = 150 / 331  # of a side, the largest shift of RandAugment
SHIFT = 32.0  # px, the largest of TrivialAugment
BYTES = 256  # values of a byte


class Policy:
    """torchvision's RandAugment or TrivialAugmentWide: the same operations, equally likely.

    Cubuk et al. 2019 (arXiv:1909.13719), Müller and Hutter 2021 (arXiv:2103.10158).
    """

    def __init__(self, config: AugmentConfig) -> None:
        self.name = config.policy
        self.random = config.policy == "trivialaugment"
        self.rounds = 1 if self.random else config.policy_ops
        self.magnitude = config.policy_magnitude

    def __call__(self, images: Tensor, source: Source) -> Tensor:
        """Change each image; the source is on the images' device."""
        for _ in range(self.rounds):
            images = apply(images, *self.draw(images, source))
        return images

    def draw(self, images: Tensor, source: Source) -> tuple[Tensor, Tensor]:
        """For each image, the number of its operation in OPERATIONS and its strength [N]."""
        count, device = len(images), images.device
        number = integers(source, len(OPERATIONS), count)
        table = strengths(self.name, images.shape[1], images.shape[2], device)
        if self.random:
            place = integers(source, BINS, count)
            strength = table.view(-1)[number * BINS + place]
        else:
            strength = table[:, self.magnitude][number]
        negative = uniform(source, count) < 0.5
        return number, torch.where(negative & (number < len(SIGNED)), -strength, strength)


@cache
def strengths(policy: str, height: int, width: int, device: torch.device) -> Tensor:
    """Float [operations, BINS]: what an operation's strength is at each of its steps."""
    shear, angle, blend, bits = LARGEST[policy]
    across, down = (SHIFT, SHIFT) if policy == "trivialaugment" else (SHARE * width, SHARE * height)
    rows = [torch.linspace(0, most, BINS) for most in (shear, shear, across, down, angle)]
    rows += [torch.linspace(0, blend, BINS)] * 4
    rows.append((8 - torch.arange(BINS) / ((BINS - 1) / bits)).round())
    rows.append(torch.linspace(1, 0, BINS))
    rows += [torch.zeros(BINS)] * 3
    return torch.stack(rows).to(device)


def apply(images: Tensor, number: Tensor, strength: Tensor) -> Tensor:
    """Each image changed by its operation (int64 [N], places in OPERATIONS) and strength [N]."""
    chosen = {name: number == place for place, name in enumerate(OPERATIONS)}
    moved = _moved(images, chosen, strength)
    return _looked_up(_blended(moved, chosen, strength), chosen, strength)


def _moved(images: Tensor, chosen: dict[str, Tensor], strength: Tensor) -> Tensor:
    """Sheared, shifted or turned; the nearest pixel, black from outside."""
    count, height, width, channels = images.shape

    def of(name: str, value: Tensor) -> Tensor:
        return torch.where(chosen[name], value, 0).view(-1, 1, 1)

    # A pixel of the result comes from [1 + a, b; c, 1 + a] (x, y) + (right, below), from the
    # middle; the shears keep the upper left corner.
    turn = strength * (math.pi / 180)
    a = of("Rotate", turn.cos() - 1)
    sheared, slanted = of("ShearX", strength), of("ShearY", strength)
    b, c = sheared + of("Rotate", -turn.sin()), slanted + of("Rotate", turn.sin())
    right = sheared * (height / 2) - of("TranslateX", strength.trunc())
    below = slanted * (width / 2) - of("TranslateY", strength.trunc())
    x = torch.arange(width, device=images.device) - (width - 1) / 2
    y = torch.arange(height, device=images.device).view(-1, 1) - (height - 1) / 2
    column = (((1 + a) * x + b * y + right) + (width - 1) / 2).round().long()
    row = ((c * x + (1 + a) * y + below) + (height - 1) / 2).round().long()
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    place = (row * width + column).where(inside, 0).view(count, -1, 1)
    pixels = images.reshape(count, -1, channels).gather(1, place.expand(-1, -1, channels))
    return (pixels * inside.view(count, -1, 1)).view_as(images)


def _blended(images: Tensor, chosen: dict[str, Tensor], strength: Tensor) -> Tensor:
    """Mixed with black, with grey, with the mean grey or with a blurred image."""
    floats = images.float()
    dull = grey(floats).floor() if images.shape[3] > 1 else floats
    others = {
        "Brightness": torch.zeros_like(dull),
        "Color": dull,
        "Contrast": dull.mean(dim=(1, 2, 3), keepdim=True),
        "Sharpness": _blurred(floats),
    }
    other = floats
    for name, each in others.items():
        other = torch.where(chosen[name].view(-1, 1, 1, 1), each, other)
    # Where no operation is chosen, ``other`` is the image itself, and any mixture of the two.
    return torch.lerp(other, floats, (1 + strength).view(-1, 1, 1, 1)).clamp_(0, 255).byte()


def _blurred(floats: Tensor) -> Tensor:
    """Each pixel's mean with its neighbours, itself five times; the border as it is."""
    if min(floats.shape[1:3]) < 3:
        return floats
    blurred = floats.clone()
    inner = floats[:, 1:-1, 1:-1]
    sums = 9 * F.avg_pool2d(floats.permute(0, 3, 1, 2), 3, 1).permute(0, 2, 3, 1)
    blurred[:, 1:-1, 1:-1] = ((sums + 4 * inner) / 13).round()
    return blurred


def _looked_up(images: Tensor, chosen: dict[str, Tensor], strength: Tensor) -> Tensor:
    """Posterised, solarised, stretched or equalised: a table for each image and channel."""
    count, height, width, channels = images.shape
    pixels = images.permute(0, 3, 1, 2).reshape(count, channels, -1)
    places = pixels.long()
    value = torch.arange(BYTES, device=images.device).expand(count, channels, -1)
    strength = strength.view(-1, 1, 1)
    step = torch.exp2(8 - strength).where(chosen["Posterize"].view(-1, 1, 1), 1).long()
    tables = {
        "Posterize": value - value % step,
        "Solarize": torch.where(value >= 255 * strength, 255 - value, value),
        "AutoContrast": _stretched(pixels, value),
        "Equalize": _equalised(places, value),
    }
    table = value
    for name, each in tables.items():
        table = torch.where(chosen[name].view(-1, 1, 1), each, table)
    found = table.byte().gather(2, places)
    return found.view(count, channels, height, width).permute(0, 2, 3, 1).contiguous()


def _stretched(pixels: Tensor, value: Tensor) -> Tensor:
    """The table [N, C, 256] by which a channel's least byte becomes 0 and its largest 255."""
    least, most = (each.float() for each in pixels.aminmax(dim=2, keepdim=True))
    flat = least == most
    scale = ((most - least) * (1 / 255)).where(~flat, 1)
    return ((value - least.where(~flat, 0)) / scale).clamp(0, 255).long()


def _equalised(places: Tensor, value: Tensor) -> Tensor:
    """The table [N, C, 256] by which all bytes are about equally frequent, as PIL makes it."""
    ones = torch.ones_like(places)
    histogram = torch.zeros_like(value).scatter_add_(2, places, ones)
    below = histogram.cumsum(dim=2)
    largest = places.amax(dim=2, keepdim=True)
    step = (places.shape[2] - histogram.gather(2, largest)) // 255
    table = (below - histogram + step // 2) // step.clamp(min=1)
    return table.clamp(0, 255).where(step > 0, value)
