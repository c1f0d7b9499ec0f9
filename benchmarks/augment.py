"""How fast batches are augmented, without a network: ours beside what else was tried.

    python benchmarks/augment.py [--batch 128] [--threads 2] [--repeats 7]

CIFAR-sized bytes (their content does not matter for the time) are padded by 4,
cropped at random, flipped and normalised. The ways take turns, so that what
else the machine does meets all of them; the table gives medians. Processor time is
that of all threads together: it tells more where the cores are shared.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms import v2

from workbench.config import build_config
from workbench.data import Split
from workbench.data.augmentation.transforms import TrainAugment
from workbench.training.loop.allocator import keep_freed_memory

MEAN, STD = [0.4914, 0.4822, 0.4465], [0.2470, 0.2435, 0.2616]
BASE = "torchvision, PIL, one by one"
COUNT, SIDE, PAD = 45_000, 32, 4
Way = Callable[[Tensor], Tensor]  # rows of the data set → floats [B, 3, 32, 32]


def ours(images: Tensor, dtype: torch.dtype = torch.float32, **augment_keys: object) -> Way:
    """Split.batch and TrainAugment, as the trainer calls them."""
    tables = {
        "model": {"kind": "simplenn"},
        "data": {"name": "cifar10"},
        "augment": {"pad": PAD, "hflip": 0.5, **augment_keys},
        "train": {"epochs": 1},
    }
    augment = TrainAugment(build_config(tables), MEAN, STD, dtype=dtype, channels_last=True)
    rows = images.contiguous(memory_format=torch.channels_last)
    split = Split(rows, {"label": torch.zeros(COUNT, dtype=torch.int64)})
    generator = torch.Generator()

    def way(indices: Tensor) -> Tensor:
        generator.manual_seed(int(indices[0]))
        return augment(*split.batch(indices), generator)[0]

    return way


def windows(images: Tensor) -> Way:
    """Index windows of [N, C, H, W], then flip: the obvious way in torch."""
    mean = torch.tensor(MEAN).view(1, 3, 1, 1)
    std = torch.tensor(STD).view(1, 3, 1, 1)

    def way(indices: Tensor) -> Tensor:
        batch = F.pad(images[indices], (PAD,) * 4)
        count = len(batch)
        top, left = torch.randint(2 * PAD + 1, (2, count))
        views = batch.unfold(2, SIDE, 1).unfold(3, SIDE, 1).permute(0, 2, 3, 1, 4, 5)
        batch = views[torch.arange(count), top, left]
        batch = torch.where((torch.rand(count) < 0.5).view(-1, 1, 1, 1), batch.flip(3), batch)
        batch = batch.to(torch.float32, memory_format=torch.channels_last)
        return (batch / 255 - mean) / std

    return way


def pixel_gather(images: Tensor) -> Way:
    """Gather pixel by pixel through one index of [B, H, W], borders masked."""
    pixels = images.permute(0, 2, 3, 1).reshape(-1, 3)
    scale = 1 / (255 * torch.tensor(STD))
    shift = -torch.tensor(MEAN) / torch.tensor(STD)
    place = torch.arange(SIDE)

    def way(indices: Tensor) -> Tensor:
        count = len(indices)
        top, left = torch.randint(2 * PAD + 1, (2, count, 1)) - PAD
        mirrored = torch.where(torch.rand(count, 1) < 0.5, SIDE - 1 - place, place)
        rows, columns = place + top, mirrored + left
        inside = ((rows >= 0) & (rows < SIDE))[:, :, None] & ((columns >= 0) & (columns < SIDE))[
            :, None
        ]
        rows, columns = rows.clamp(0, SIDE - 1), columns.clamp(0, SIDE - 1)
        index = (indices.view(-1, 1, 1) * SIDE + rows[:, :, None]) * SIDE + columns[:, None]
        batch = (pixels[index] * inside[..., None]).to(torch.float32)
        return batch.mul_(scale).add_(shift).permute(0, 3, 1, 2)

    return way


def textbook(images: Tensor) -> Way:
    """torchvision's transforms on one PIL image after the other."""
    transform = v2.Compose(
        [
            v2.RandomCrop(SIDE, PAD),
            v2.RandomHorizontalFlip(),
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize(MEAN, STD),
        ]
    )
    pil_images = [v2.functional.to_pil_image(image) for image in images[:2000]]

    def way(indices: Tensor) -> Tensor:
        return torch.stack([transform(pil_images[row % 2000]) for row in indices.tolist()])

    return way


def one_by_one(images: Tensor, transform: Callable[[Tensor], Tensor]) -> Way:
    """A transform of torchvision's alone, tensor by tensor: no crop, flip or normalisation."""

    def way(indices: Tensor) -> Tensor:
        return torch.stack([transform(image) for image in images[indices]])

    return way


def rate(way: Way, batch: int, count: int) -> tuple[float, float]:
    """Images per second over ``count`` images, and processor time of one in seconds."""
    order = torch.randperm(COUNT)[:count]
    start, spent = time.perf_counter(), time.process_time()
    for first in range(0, count, batch):
        way(order[first : first + batch])
    return count / (time.perf_counter() - start), (time.process_time() - spent) / count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", default="", help="ways with this word in their name")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    keep_freed_memory()  # as in a worker
    images = torch.randint(0, 256, (COUNT, 3, SIDE, SIDE), dtype=torch.uint8)
    ways = {
        BASE: (textbook(images), 2_000),
        "gather of pixels": (pixel_gather(images), 20_000),
        "windows of [N, C, H, W]": (windows(images), 20_000),
        "workbench": (ours(images), 20_000),
        "workbench, bfloat16 out": (ours(images, torch.bfloat16), 20_000),
        "workbench, reflected border": (ours(images, pad_mode="reflect"), 20_000),
        "workbench, random resized crop": (ours(images, resized_crop=0.25), 10_000),
        "workbench, Cutout": (ours(images, cutout=8), 20_000),
        "workbench, mixup and CutMix": (ours(images, mixup=0.2, cutmix=1.0), 10_000),
        "workbench, brightness, contrast, saturation": (
            ours(images, brightness=0.4, contrast=0.4, saturation=0.4),
            10_000,
        ),
        "workbench, hue": (ours(images, hue=0.1), 10_000),
        "workbench, TrivialAugment": (ours(images, policy="trivialaugment"), 5_000),
        "workbench, RandAugment": (ours(images, policy="randaugment"), 5_000),
        "torchvision, hue alone": (one_by_one(images, v2.ColorJitter(hue=0.1)), 1_000),
        "torchvision, TrivialAugment alone": (one_by_one(images, v2.TrivialAugmentWide()), 1_000),
        "torchvision, RandAugment alone": (one_by_one(images, v2.RandAugment()), 1_000),
    }
    ways = {name: way for name, way in ways.items() if args.only in name or name == BASE}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for repeat in range(args.repeats + 1):
        for name, (way, count) in ways.items():
            one = rate(way, args.batch, count)
            if repeat:  # the first is the warm-up
                found[name].append(one)
    print(f"batch {args.batch}, {args.threads} threads, medians of {args.repeats}\n")
    print("| way | images/s | lowest | highest | ratio | processor time |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    base = statistics.median(first for first, _ in found[BASE])
    for name, pairs in found.items():
        speeds, spent = zip(*pairs, strict=True)
        middle = statistics.median(speeds)
        print(
            f"| {name} | {middle:,.0f} | {min(speeds):,.0f} | {max(speeds):,.0f} "
            f"| {middle / base:.1f} × | {statistics.median(spent) * 1e6:.1f} µs |"
        )


if __name__ == "__main__":
    main()
