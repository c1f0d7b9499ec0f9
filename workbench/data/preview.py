"""The process that shows a data set: ``python -m workbench.data.preview CONFIG.toml``.

Reads and writes the messages of :mod:`workbench.catalog.samples`, for the screen, which has no
torch.
"""

import argparse
import signal
import sys
from pathlib import Path

import torch

from workbench.catalog.samples import (
    DatasetInfo,
    Message,
    Page,
    Problem,
    Progress,
    Request,
    SampleImage,
    read_request,
    write_message,
)
from workbench.config import RunConfig, read_config
from workbench.config.split_check import resolve_to_train
from workbench.data import DataSet, load_data, what_is_missing
from workbench.data.assemble import resize
from workbench.data.augmentation.transforms import TestTransform, TrainAugment
from workbench.errors import WorkbenchError


def dataset_info(data: DataSet) -> DatasetInfo:
    """The facts of a data set that the screen shows."""
    channels, height, width = data.train.images.shape[1:]
    return DatasetInfo(
        name=data.name,
        shape=(channels, height, width),
        classes=data.classes,
        counts={split: tuple(data.class_counts(split)) for split in data.splits},
        mean=tuple(data.mean),
        std=tuple(data.std),
        content_hash=data.content_hash,
        skipped=tuple(data.skipped),
        sizes={name: len(split) for name, split in data.splits.items()},
    )


def samples(config: RunConfig, data: DataSet, request: Request) -> Page:
    """Random training images, augmented or as test images, scaled down to the requested size.

    The normalisation is undone; the label of a mixed image names both.
    """
    generator = torch.Generator().manual_seed(request.seed)
    rows = torch.randperm(len(data.train), generator=generator)[: request.count]
    images, targets = data.train.batch(rows)
    if request.augmented:
        batch, targets = TrainAugment(config, data.mean, data.std)(images, targets, generator, rows)
    else:
        batch = TestTransform(config, data.mean, data.std)(images)
    mean, std = (torch.tensor(values).view(1, -1, 1, 1) for values in (data.mean, data.std))
    pixels = (batch * std + mean).mul_(255).round_().clamp_(0, 255).to(torch.uint8)
    pixels = resize(pixels, min(pixels.shape[2], request.largest))
    rgb = pixels.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).contiguous()
    height, width = rgb.shape[1:3]
    return Page(
        tuple(
            SampleImage(_label(data, targets, place), width, height, image.numpy().tobytes())
            for place, image in enumerate(rgb)
        )
    )


def _label(data: DataSet, targets: dict[str, torch.Tensor], place: int) -> str:
    label = targets["label"][place]
    name = ", ".join(data.classes[int(shown)] for shown in label.flatten() if shown >= 0)
    if "mix" not in targets:
        return name
    share = float(targets["mix"][place])
    other = data.classes[int(targets["label_b"][place])]
    return f"{share:.0%} {name}, {1 - share:.0%} {other}"


def main(arguments: list[str] | None = None) -> int:
    """Read the data, then answer requests until stdin closes; returns 2 for unusable data."""
    parser = argparse.ArgumentParser(prog="python -m workbench.data.preview")
    parser.add_argument("config", type=Path, help="a configuration in TOML")
    options = parser.parse_args(arguments)
    try:
        config = resolve_to_train(read_config(options.config))
        data = load_data(config, lambda *what: _say(Progress(*what)))
        what_is_missing(config, data)
        _say(dataset_info(data))
        for line in sys.stdin:
            _say(samples(config, data, read_request(line)))
    except WorkbenchError as error:
        _say(Problem(str(error)))
        return error.exit_status
    except ValueError as error:
        _say(Problem(str(error)))
        return 2
    return 0


def _say(message: Message) -> None:
    print(write_message(message), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # nobody looks any more: end without a word
    sys.exit(main())
