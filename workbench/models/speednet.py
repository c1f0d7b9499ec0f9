"""SpeedNet: a small convolutional network that reaches its accuracy in few steps.

Stem, stages, head:

- **stem**: a 2×2 convolution whose filters whiten the training images' patches, each filter with
  both signs, computed from the data before the first step and not trained; a trained bias, an
  activation.
- **stage**: a 3×3 convolution to the stage's width, a 2×2 max-pool, norm, activation; then
  ``depth - 1`` times a 3×3 convolution, norm, activation, around which a shortcut may lead.
- **head**: global max-pool, a linear layer without bias, a constant factor.

Ideas from public work, code and proportions our own. Page 2018, "How to Train Your ResNet":
whitening as the first layer, norms without a trained scale, scaled logits. Jordan 2024,
arXiv:2404.00498: both signs of the filters, convolutions that begin as the identity, pooling
before the first norm of a stage. GELU: Hendrycks & Gimpel 2016, arXiv:1606.08415.
"""

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.config.sections.models import SpeedNetModel
from workbench.errors import ConfigError
from workbench.models.common.blocks import GlobalMaxPool, Network, activation, initialise, same_conv
from workbench.models.common.preparing import frozen

KERNEL = 2  # side of the stem's patches, px
EPSILON = 1e-3  # added to the patches' variances: flat directions are noise
MOMENTUM = 0.3  # of the norms' statistics: a run has a few hundred steps
IMAGES = 100  # whose patches are in memory at once


class SpeedNet(Network):
    """Float [N, channels, H, W] -> logits [N, classes]; every stage halves H and W."""

    def __init__(self, config: SpeedNetModel, *, channels: int, classes: int) -> None:
        super().__init__()
        inputs = 2 * channels * KERNEL**2  # both signs of each direction of a patch
        self.stem = _stem(config, channels, inputs)
        for number, width in enumerate(config.widths, 1):
            self.add_module(f"stage{number}", Stage(config, inputs, width))
            inputs = width
        self.head = _head(config, inputs, classes)
        initialise(self)
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3):
                _begin_as_identity(module)

    def prepare(self, images: Tensor) -> None:
        """Compute the stem's filters from training images, float [N, channels, H, W]."""
        if "stem.conv.weight" not in dict(self.named_buffers()):
            return  # they are learned
        filters = whitening_filters(images, KERNEL)
        self.get_buffer("stem.conv.weight").copy_(torch.cat([filters, -filters]))


class Stage(nn.Module):
    """[N, inputs, H, W] -> [N, outputs, H // 2, W // 2]."""

    def __init__(self, config: SpeedNetModel, inputs: int, outputs: int) -> None:
        super().__init__()
        self.conv1 = same_conv(inputs, outputs, 3)
        self.pool = nn.MaxPool2d(2)
        self.norm1 = _norm(outputs)
        self.act1 = activation(config.activation)
        self.rest = nn.Sequential()
        for number in range(2, config.depth + 1):
            self.rest.add_module(f"conv{number}", same_conv(outputs, outputs, 3))
            self.rest.add_module(f"norm{number}", _norm(outputs))
            self.rest.add_module(f"act{number}", activation(config.activation))
        self.shortcut = config.residual

    def forward(self, x: Tensor) -> Tensor:
        first: Tensor = self.act1(self.norm1(self.pool(self.conv1(x))))
        last: Tensor = self.rest(first)
        return first + last if self.shortcut else last


class Scale(nn.Module):
    """Logits times a constant."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor


def whitening_filters(images: Tensor, kernel: int) -> Tensor:
    """Filters [C·k², C, k, k] that give patches of float [N, C, H, W] unit variances, uncorrelated.

    The eigenvectors of the patches' covariance, each divided by the root of its eigenvalue;
    the largest first. Always the same for the same images: summed in float64, and an
    eigenvector's largest number is made positive.
    """
    channels = images.shape[1]
    size = channels * kernel**2
    total = torch.zeros(size, size, dtype=torch.float64, device=images.device)
    count = 0
    for part in torch.split(images, IMAGES):
        patches = F.unfold(part.float(), kernel).transpose(1, 2).reshape(-1, size).double()
        total += patches.T @ patches
        count += len(patches)
    # Synchronises: once a run. The images are normalised: their mean is taken to be 0.
    values, vectors = torch.linalg.eigh((total / count).cpu())
    vectors = vectors.flip(1).T  # rows, the largest first
    largest = vectors.gather(1, vectors.abs().argmax(dim=1, keepdim=True))
    filters: Tensor = vectors * largest.sign() / (values.flip(0)[:, None] + EPSILON).sqrt()
    return filters.view(size, channels, kernel, kernel)


def _stem(config: SpeedNetModel, channels: int, outputs: int) -> nn.Sequential:
    """A 2×2 convolution without a border: height and width lose a pixel."""
    conv = nn.Conv2d(channels, outputs, KERNEL)
    if config.stem == "whitening":
        frozen(conv, "weight")
    return nn.Sequential(OrderedDict(conv=conv, act=activation(config.activation)))


def _head(config: SpeedNetModel, inputs: int, classes: int) -> nn.Sequential:
    return nn.Sequential(
        OrderedDict(
            pool=GlobalMaxPool(),
            linear=nn.Linear(inputs, classes, bias=False),
            scale=Scale(config.logit_scale),
        )
    )


def _norm(channels: int) -> nn.BatchNorm2d:
    """Batch norm whose scale stays 1: the convolution after it can scale as well."""
    norm = nn.BatchNorm2d(channels, momentum=MOMENTUM)
    frozen(norm, "weight")
    return norm


def _begin_as_identity(conv: nn.Conv2d) -> None:
    """Initialise a convolution so that its first output channels are the input channels."""
    passed = min(conv.in_channels, conv.out_channels)
    nn.init.dirac_(conv.weight[:passed].data)


def build(config: SpeedNetModel, *, channels: int, classes: int, size: int) -> SpeedNet:
    """Build the network; raises :class:`ConfigError` where its pools leave nothing."""
    least = 2 ** len(config.widths) + KERNEL - 1
    if size < least:
        need = f"{len(config.widths)} stages need images of {least}×{least} or more"
        raise ConfigError({"model.widths": f"{need} (got {size}×{size})"})
    return SpeedNet(config, channels=channels, classes=classes)
