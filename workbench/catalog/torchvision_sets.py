"""torchvision's classification sets: classes, channels, and what gives each of their splits.

Free of torch, so that a run can be prepared without it. What is not listed gives no class an
image, or needs a program beside torchvision.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.errors import ConfigError

Arguments = Mapping[str, Any]
TRAIN_OR_TEST = {"train": {"train": True}, "test": {"train": False}}


@dataclass(frozen=True)
class TorchvisionSet:
    """A class of ``torchvision.datasets``: the arguments that give each split it has."""

    classes: int
    channels: int = 3
    splits: Mapping[str, Arguments] = field(default_factory=lambda: {"train": {}})


def _named(classes: int, channels: int = 3, **splits: str) -> TorchvisionSet:
    """A set whose splits have names of their own."""
    return TorchvisionSet(
        classes, channels, {split: {"split": name} for split, name in splits.items()}
    )


SETS: Mapping[str, TorchvisionSet] = {
    "CIFAR10": TorchvisionSet(10, 3, TRAIN_OR_TEST),
    "CIFAR100": TorchvisionSet(100, 3, TRAIN_OR_TEST),
    "Caltech101": TorchvisionSet(101),
    "Caltech256": TorchvisionSet(257),
    "Country211": _named(211, train="train", validation="valid", test="test"),
    "DTD": _named(47, train="train", validation="val", test="test"),
    "EMNIST": TorchvisionSet(
        47,
        1,
        {
            "train": {"split": "balanced", "train": True},
            "test": {"split": "balanced", "train": False},
        },
    ),
    "EuroSAT": TorchvisionSet(10),
    "FGVCAircraft": _named(100, train="train", validation="val", test="test"),
    "FashionMNIST": TorchvisionSet(10, 1, TRAIN_OR_TEST),
    "Flowers102": _named(102, train="train", validation="val", test="test"),
    "Food101": _named(101, train="train", test="test"),
    "GTSRB": _named(43, train="train", test="test"),
    "Imagenette": _named(10, train="train", test="val"),
    "KMNIST": TorchvisionSet(10, 1, TRAIN_OR_TEST),
    "MNIST": TorchvisionSet(10, 1, TRAIN_OR_TEST),
    "OxfordIIITPet": _named(37, train="trainval", test="test"),
    "QMNIST": TorchvisionSet(10, 1, TRAIN_OR_TEST),
    "RenderedSST2": _named(2, train="train", validation="val", test="test"),
    "SEMEION": TorchvisionSet(10, 1),
    "STL10": _named(10, train="train", test="test"),
    "SUN397": TorchvisionSet(397),
    "SVHN": _named(10, train="train", test="test"),
    "StanfordCars": _named(196, train="train", test="test"),
    "USPS": TorchvisionSet(10, 1, TRAIN_OR_TEST),
}


def torchvision_set(name: str) -> TorchvisionSet:
    """The set of that name; raises :class:`ConfigError` with the nearest one there is."""
    if name in SETS:
        return SETS[name]
    by_case = {known.lower(): known for known in SETS}
    near = difflib.get_close_matches(name.lower(), by_case, n=1, cutoff=0.5)
    hint = f"; did you mean {by_case[near[0]]}?" if near else f"; there are {', '.join(SETS)}"
    raise ConfigError({"data.dataset": f"torchvision has no classification set {name!r}{hint}"})
