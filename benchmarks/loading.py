"""How fast a folder of images is decoded, opened again and read, beside the textbook loader.

    python benchmarks/loading.py [--data DIR] [--size 64] [--preset simplenn/simplenn-cifar10]

Without ``--data`` a folder of noisy JPEG files is made first (``--files`` of them).
Decoding starts from an empty cache of its own; reading is measured with the pages
of the cache in memory, and after they have been dropped; training is the preset's
network on one batch that never changes, the most that any loading could feed.
"""

import argparse
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from workbench.config import RunConfig
from workbench.config.fitting import resolve
from workbench.config.presets import load_preset
from workbench.config.toml import change_config
from workbench.data import DataSet, load_data
from workbench.data.augmentation.transforms import TrainAugment
from workbench.models import build_model
from workbench.training.loop.batches import Batches

BATCH, PAD = 128, 4


def make_folder(root: Path, files: int, side: int = 96) -> None:
    """Two classes of blurred noise, saved as JPEG: about 3 KB each, like small photographs."""
    rng = np.random.default_rng(0)
    for number in range(files):
        place = root / "train" / str(number % 2)
        place.mkdir(parents=True, exist_ok=True)
        coarse = rng.integers(0, 256, (side // 6, side // 6, 3)).astype(np.uint8)
        image = Image.fromarray(coarse).resize((side, side), Image.Resampling.BILINEAR)
        image.save(place / f"{number:06}.jpg", quality=90)


def ours(config: RunConfig, data: DataSet, images: int) -> Callable[[], int]:
    """Batches as the trainer gets them: indices, mapped bytes, augmentation."""
    augment = TrainAugment(config, data.mean, data.std, channels_last=True)
    generator = torch.Generator()

    def read() -> int:
        order = torch.randperm(len(data.train))[:images]
        for start in range(0, len(order), BATCH):
            generator.manual_seed(start)
            augment(*data.train.batch(order[start : start + BATCH]), generator)
        return len(order)

    return read


def textbook(config: RunConfig, root: Path, workers: int, images: int) -> Callable[[], int]:
    """torchvision's ImageFolder, transforms of PIL images and a DataLoader."""
    side = config.data.size
    transform = v2.Compose(
        [
            v2.Resize(side),
            v2.CenterCrop(side),
            v2.RandomCrop(side, PAD),
            v2.RandomHorizontalFlip(),
            v2.ToImage(),
            v2.ToDtype(torch.float32, scale=True),
            v2.Normalize([0.5] * 3, [0.25] * 3),
        ]
    )
    folder = root / "train" if (root / "train").is_dir() else root
    loader = DataLoader(
        ImageFolder(folder, transform),
        BATCH,
        shuffle=True,
        num_workers=workers,
        persistent_workers=workers > 0,
    )

    def read() -> int:
        return sum(len(labels) for _, labels in itertools.islice(loader, images // BATCH))

    return read


def uncached(config: RunConfig, root: Path, images: int) -> Callable[[], int]:
    """Batches with ``data.cache = "none"``: decoded by two workers ahead of their use."""
    config = resolve(change_config(config, {"data.cache": "none", "data.workers": 2}), root)
    data = load_data(config)
    augment = TrainAugment(config, data.mean, data.std, channels_last=True)
    batches = Batches(data.train, augment, BATCH, 0, torch.device("cpu"))
    steps = itertools.count()

    def read() -> int:
        return sum(len(batches.batch(next(steps))[0]) for _ in range(images // BATCH))

    return read


def training(config: RunConfig, data: DataSet, steps: int) -> Callable[[], int]:
    """The network's own speed: forward, backward and SGD on one batch in memory."""
    model = build_model(config).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    augment = TrainAugment(config, data.mean, data.std, channels_last=True)
    images, targets = augment(*data.train.batch(torch.arange(BATCH)), torch.Generator())

    def train() -> int:
        for _ in range(steps):
            optimizer.zero_grad()
            F.cross_entropy(model(images), targets["label"]).backward()
            optimizer.step()
        return steps * BATCH

    return train


def drop_pages(cache: Path) -> None:
    """Make the system forget the decoded images, as if the set were larger than memory."""
    for path in cache.rglob("images.uint8"):
        with path.open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def rates(ways: dict[str, Callable[[], int]], repeats: int) -> Iterator[tuple[str, list[float]]]:
    """Images per second of each way, taking turns; the first turn is the warm-up."""
    found: dict[str, list[float]] = {name: [] for name in ways}
    for repeat in range(repeats + 1):
        for name, way in ways.items():
            start = time.perf_counter()
            count = way()
            if repeat:
                found[name].append(count / (time.perf_counter() - start))
    yield from found.items()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--preset", default="simplenn/simplenn-cifar10")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["WORKBENCH_CACHE"] = str(Path(scratch) / "cache")
        root = args.data or Path(scratch) / "pictures"
        if not args.data:
            make_folder(root, args.files)
        changes = {"data.name": "imagefolder", "data.size": args.size}
        changes |= {"augment.pad": PAD, "augment.crop": args.size, "augment.hflip": 0.5}
        config = resolve(load_preset(args.preset, changes), root)
        spent = []
        for _ in range(2):
            start = time.perf_counter()
            data = load_data(config)
            spent.append(time.perf_counter() - start)
        files = len(data.train) + len(data.validation) + len(data.test)
        print(f"{files:,} files → {args.size}×{args.size}, {args.threads} threads\n")
        print(f"decoded and opened: {spent[0]:.1f} s ({files / spent[0]:,.0f} files/s)")
        print(f"opened again: {spent[1]:.2f} s")
        kept = sum(path.stat().st_size for path in (Path(scratch) / "cache").rglob("images.uint8"))
        given = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
        print(f"on disk: the files {given / 1e6:,.0f} MB, decoded {kept / 1e6:,.0f} MB\n")
        read = ours(config, data, 10_000)

        def cold() -> int:
            drop_pages(Path(scratch) / "cache")
            return read()

        ways = {
            "textbook loader, in the process": textbook(config, root, 0, 1_000),
            "textbook loader, 2 workers": textbook(config, root, 2, 2_000),
            'workbench, data.cache = "none", 2 workers': uncached(config, root, 2_000),
            f"training {args.preset} alone": training(config, data, 20),
            "workbench, cache in memory": read,
            "workbench, cache on disk": cold,
        }
        print("| way | images/s | lowest | highest |\n| --- | ---: | ---: | ---: |")
        for name, found in rates(ways, args.repeats):
            middle = statistics.median(found)
            print(f"| {name} | {middle:,.0f} | {min(found):,.0f} | {max(found):,.0f} |")


if __name__ == "__main__":
    main()
