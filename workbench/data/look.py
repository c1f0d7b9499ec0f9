"""A process that looks at a data set: ``python -m workbench.data.look CONFIG.toml``.

Writes the lines that :mod:`workbench.samples` describes to stdout, so that a
screen which knows no torch can show facts, progress and sample pictures.
"""

import argparse
import signal
import sys
from pathlib import Path

import torch

from workbench.config import RunConfig, read_config
from workbench.data import DataSet, load_data
from workbench.data.augment import TestTransform, TrainAugment
from workbench.errors import WorkbenchError
from workbench.resolve import resolve
from workbench.samples import DataFacts, Message, Picture, Problem, Progress, write_message


def facts(data: DataSet) -> DataFacts:
    """What a form shows of a data set."""
    channels, height, width = data.train.images.shape[1:]
    return DataFacts(
        name=data.name,
        shape=(channels, height, width),
        classes=data.classes,
        counts={
            split: tuple(data.class_counts(split)) for split in ("train", "validation", "test")
        },
        mean=tuple(data.mean),
        std=tuple(data.std),
        content_hash=data.content_hash,
        skipped=tuple(data.skipped),
    )


def samples(
    config: RunConfig, data: DataSet, count: int, *, augmented: bool = True, seed: int = 0
) -> list[Picture]:
    """Random training pictures, as training sees them or (plain) as testing would.

    What the normalisation did is undone; the label of a mixed picture names both.
    """
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randperm(len(data.train), generator=generator)[:count]
    images, targets = data.train.batch(rows)
    if augmented:
        batch, targets = TrainAugment(config, data.mean, data.std)(images, targets, generator)
    else:
        batch = TestTransform(config, data.mean, data.std)(images)
    mean, std = (torch.tensor(v).view(1, -1, 1, 1) for v in (data.mean, data.std))
    pixels = (batch * std + mean).mul_(255).round_().clamp_(0, 255).to(torch.uint8)
    rgb = pixels.expand(-1, 3, -1, -1).permute(0, 2, 3, 1).contiguous()
    height, width = rgb.shape[1:3]
    return [
        Picture(_label(data, targets, place), width, height, rgb[place].numpy().tobytes())
        for place in range(len(rgb))
    ]


def _label(data: DataSet, targets: dict[str, torch.Tensor], place: int) -> str:
    name = data.classes[int(targets["label"][place])]
    if "mix" not in targets:
        return name
    share = float(targets["mix"][place])
    other = data.classes[int(targets["label_b"][place])]
    return f"{share:.0%} {name}, {1 - share:.0%} {other}"


def main(arguments: list[str] | None = None) -> int:
    """Look, and write one message a line; 2 where the data cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m workbench.data.look")
    parser.add_argument("config", type=Path, help="a configuration in TOML")
    parser.add_argument("--count", type=int, default=24, help="how many pictures")
    parser.add_argument("--plain", action="store_true", help="as a test picture, not augmented")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        config = resolve(read_config(options.config))
        data = load_data(config, lambda *what: _say(Progress(*what)))
        _say(facts(data))
        plain = options.plain
        for picture in samples(config, data, options.count, augmented=not plain, seed=options.seed):
            _say(picture)
    except WorkbenchError as error:
        _say(Problem(str(error)))
        return error.exit_status
    return 0


def _say(message: Message) -> None:
    print(write_message(message), flush=True)


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # nobody looks any more: end without a word
    sys.exit(main())
