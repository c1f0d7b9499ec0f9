"""Arrays in files, found and read without torch and without running anything that is in them."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import DataError
from workbench.system.regular_files import open_regular

if TYPE_CHECKING:
    import numpy as np

SPLITS = ("train", "val", "test")
LAYOUT = "x_train and y_train, and where there are any x_val, y_val, x_test, y_test"


@dataclass(frozen=True)
class ArrayFiles:
    """Where the arrays are: one file, or a folder of one file each."""

    root: Path
    splits: tuple[str, ...]  # of SPLITS, train among them


def find_arrays(root: str | Path) -> ArrayFiles:
    """The arrays of a file or folder; raises :class:`DataError` where they are not there."""
    path = Path(root)
    names = _names(path)
    for kind in ("x", "y"):
        if f"{kind}_train" not in names:
            raise DataError(f"{path}: holds no {kind}_train; wanted are {LAYOUT}")
    splits = tuple(split for split in SPLITS if f"x_{split}" in names)
    for split in splits:
        if f"y_{split}" not in names:
            raise DataError(f"{path}: holds x_{split} but no y_{split}")
    return ArrayFiles(path, splits)


def read_array(files: ArrayFiles, name: str) -> "np.ndarray":
    """One of the arrays; raises :class:`DataError`."""
    import numpy as np

    path = files.root
    try:
        if path.is_dir():
            path = path / f"{name}.npy"
            with open_regular(path) as file:
                return _array(np.load(file, allow_pickle=False))
        if path.suffix == ".safetensors":
            from safetensors.numpy import load_file

            return _array(load_file(path)[name])
        with np.load(path, allow_pickle=False) as archive:
            return _array(archive[name])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        words = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path}: {name} cannot be read: {words}") from None


def facts(root: str | Path) -> dict[str, int]:
    """Classes and channels of the arrays: what a configuration is fitted to."""
    files = find_arrays(root)
    highest = 0
    for split in files.splits:
        labels = read_array(files, f"y_{split}")
        if labels.dtype.kind in "iub" and labels.size:
            highest = max(highest, int(labels.max()))
    images = read_array(files, "x_train")
    channels = (
        images.shape[3]
        if images.ndim == 4 and images.shape[3] in (1, 3)
        else (images.shape[1] if images.ndim == 4 else 1)
    )
    return {"classes": highest + 1, "channels": 3 if channels == 3 else 1}


def _names(path: Path) -> set[str]:
    if path.is_dir():
        return {file.stem for file in path.glob("*.npy")}
    if not path.is_file():
        raise DataError(f"{path}: no such file or folder; wanted are {LAYOUT}")
    try:
        if path.suffix == ".safetensors":
            from safetensors import safe_open

            with safe_open(path, "numpy") as opened:
                return set(opened.keys())
        with zipfile.ZipFile(path) as archive:
            return {name.removesuffix(".npy") for name in archive.namelist()}
    except Exception as error:  # noqa: BLE001 (a stranger's file fails in any way a reader can)
        words = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path}: is neither .npz nor .safetensors: {words}") from None


def _array(value: Any) -> "np.ndarray":
    if not hasattr(value, "dtype"):
        raise ValueError("is no array")
    return value  # type: ignore[no-any-return]
