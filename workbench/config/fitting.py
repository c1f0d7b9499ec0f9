"""Fits a configuration to the data on disk (classes, channels, root) before a run exists.

Free of torch, and never downloads: a data set that can be downloaded counts as there, and the
worker fetches it.
"""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import platformdirs

from workbench.config import RunConfig, plugins
from workbench.config.facts import on_disk
from workbench.config.pairing import find_mismatch, find_unfit_augmentation, find_unfit_split
from workbench.config.sections.data import ScenesData
from workbench.config.toml import change_config
from workbench.errors import ConfigError, DataError

NEEDS_NO_FILES = frozenset(("digits", "shapes", "python"))
KNOWN_FACTS: Mapping[str, Mapping[str, int]] = {
    "digits": {"classes": 10, "channels": 1},
    "cifar10": {"classes": 10, "channels": 3},
    "cifar100": {"classes": 100, "channels": 3},
    "shapes": {"classes": 4},
}
# What torchvision unpacks the archives to.
DOWNLOADS = {"cifar10": "cifar-10-batches-py", "cifar100": "cifar-100-python"}


def resolve(config: RunConfig, data_root: str | Path | None = None) -> RunConfig:
    """``config`` with an absolute ``data.root``, and with classes and channels as on disk.

    The root is ``data_root``, else ``data.root``, else ``$WORKBENCH_DATA``, else the
    user's cache folder. Raises :class:`DataError` where the data is not there and
    cannot be downloaded, :class:`ConfigError` where a key does not fit the data.
    """
    name = source_name(config)
    facts: dict[str, Any] = dict(KNOWN_FACTS.get(name, {}))
    if name not in NEEDS_NO_FILES and name not in plugins.loaded("data"):
        root = find_root(config, data_root)
        facts["root"] = str(root)
        facts |= on_disk(config.data, name, root)
        if name in DOWNLOADS:
            _check_downloadable(root, name)
    changes = {
        f"data.{key}": value for key, value in facts.items() if getattr(config.data, key) != value
    }
    fitted = change_config(config, changes) if changes else config
    _check_fit(fitted)
    return fitted


def source_name(config: RunConfig) -> str:
    """The name of the data set that the images come from; of scenes, their source."""
    return config.data.source if isinstance(config.data, ScenesData) else config.data.name


def source_config(config: RunConfig) -> RunConfig:
    """The configuration of the data set that scenes take their objects from."""
    data = config.data
    assert isinstance(data, ScenesData)
    return change_config(
        config,
        {
            "data.name": data.source,
            "data.size": data.source_size,
            "data.channels": data.channels,
            "data.classes": data.classes,
        },
    )


def find_root(config: RunConfig, data_root: str | Path | None = None) -> Path:
    """The absolute data root: the argument, the configuration, the environment or the default."""
    given = data_root or config.data.root or os.environ.get("WORKBENCH_DATA")
    if given:
        return Path(given).expanduser().absolute()
    root = cache_folder() / "data"
    if source_name(config) == "imagefolder" and not root.is_dir():
        raise DataError(
            "data.root: no folder of images was named; use --data DIR or $WORKBENCH_DATA"
        )
    return root


def cache_folder() -> Path:
    """Where downloads and decoded images are kept: ``$WORKBENCH_CACHE`` or the user's cache."""
    given = os.environ.get("WORKBENCH_CACHE")
    return (
        Path(given).expanduser().absolute() if given else platformdirs.user_cache_path("workbench")
    )


def _check_downloadable(root: Path, name: str) -> None:
    """Refuse a root to which a download could not be written."""
    if os.access(root / DOWNLOADS[name], os.R_OK | os.X_OK):
        return
    nearest = next(folder for folder in (root, *root.parents) if os.access(folder, os.F_OK))
    if not nearest.is_dir():
        raise DataError(f"{nearest}: is a file; data.root must be a folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise DataError(
            f"{root}: holds no {DOWNLOADS[name]}/ and cannot be written to, to download {name}; "
            "give another folder with --data DIR"
        )


def _check_fit(config: RunConfig) -> None:
    """Raise :class:`ConfigError` for keys that do not fit these images."""
    data, augment = config.data, config.augment
    problems: dict[str, str] = {}
    for key in ("mean", "std"):
        values = getattr(data, key)
        if values and len(values) != data.channels:
            problems[f"data.{key}"] = (
                f"has {len(values)} numbers; these images have {data.channels} channels"
            )
    if any(value <= 0 for value in data.std):
        problems["data.std"] = "must be greater than 0"
    if augment.pad and augment.pad_mode == "reflect" and augment.pad >= data.size:
        problems["augment.pad"] = f"must be less than data.size ({data.size}) to reflect"
    if augment.crop > data.size + 2 * augment.pad and not augment.resized_crop:
        problems["augment.crop"] = (
            f"{augment.crop} px do not fit into {data.size} px with {augment.pad} px on each side"
        )
    if config.optimizer.kind == "timm" and find_spec("timm") is None:
        problems["optimizer.kind"] = "the package timm is not installed: pip install timm"
    if augment.test_shift >= (augment.test_crop or augment.crop or data.size):
        problems["augment.test_shift"] = "must be less than the side of a test image"
    problems |= find_mismatch(config) | find_unfit_augmentation(config) | find_unfit_split(config)
    if problems:
        raise ConfigError(problems)
