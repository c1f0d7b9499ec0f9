"""Lists the classes and files of a folder of images, without decoding an image.

Two layouts are understood::

    root/train/<class>/…  root/test/<class>/…   (and root/val/ or root/valid/, if there is one)
    root/<class>/…                              (split by ``data.test`` and ``data.validation``)

Files that archives, servers and desktops leave behind (:func:`workbench.system.paths.left_behind`)
and what is no regular file are skipped and listed with the reason. Free of torch: the launcher
reads classes and channels here before a run exists.
"""

import itertools
import os
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from workbench.catalog.listing import SUFFIXES, ImageFile, ImageListing, all_grey
from workbench.errors import DataError
from workbench.system.paths import Skipped, left_behind
from workbench.system.regular_files import open_regular, refuse_irregular

VALIDATION_NAMES = ("val", "valid", "validation")
LAYOUT = "put images into train/<class>/ and test/<class>/, or into <class>/"


def find_classes(root: Path) -> tuple[str, ...]:
    """The classes of an image folder, in order, without listing all of its files.

    Raises :class:`DataError` as :func:`find_images`, as far as one image of each class shows.
    """
    skipped = Skipped(root)
    train, others = _layout(root, skipped)
    classes = _class_names(train, skipped)
    for name in classes:
        if next(_files(train / name, skipped), None) is None:
            raise _no_images(train / name)
    for other in others.values():
        _check_known(other, classes, skipped)
    return classes


def count_images(
    root: Path, most: int | None = None
) -> tuple[tuple[str, ...], dict[str, tuple[int, ...]]]:
    """The classes, and how many images each has in each split that the folder has.

    Only names are listed; of each class no more than ``most`` are counted. Raises
    :class:`DataError` like :func:`find_classes`.
    """
    skipped = Skipped(root)
    train, others = _layout(root, skipped)
    classes = _class_names(train, skipped)

    def count(folder: Path) -> int:
        found = _files(folder, skipped) if folder.is_dir() else iter(())
        return sum(1 for _ in itertools.islice(found, most))

    splits = {"train": train, **others}
    counts = {split: tuple(count(at / name) for name in classes) for split, at in splits.items()}
    return classes, counts


def images_below(folder: Path) -> tuple[list[Path], tuple[tuple[str, str], ...]]:
    """All images below a folder, by path; and (path, why) of what was skipped."""
    skipped = Skipped(folder)
    found = sorted(Path(entry.path) for entry, _ in _files(folder, skipped))
    return found, skipped.listed()


def find_images(root: Path) -> ImageListing:
    """List an image folder.

    Raises :class:`DataError`, which says what to put where, for a folder that is missing, empty
    or unreadable, a class without images, or a class that only the test set has.
    """
    skipped = Skipped(root)
    train, others = _layout(root, skipped)
    classes = _class_names(train, skipped)
    index = {name: label for label, name in enumerate(classes)}
    for other in others.values():
        _check_known(other, classes, skipped)
    splits = {
        split: _list_split(folder, index, skipped, complete=split == "train")
        for split, folder in {"train": train, **others}.items()
    }
    return ImageListing(root=root, classes=classes, **splits, skipped=skipped.listed())


def grey_only(root: Path, per_class: int = 3) -> bool:
    """Whether the first images of every class are all grey, by their headers."""
    skipped = Skipped(root)
    train, _ = _layout(root, skipped)
    first = (
        Path(entry.path)
        for name in _class_names(train, skipped)
        for entry, _ in itertools.islice(_files(train / name, skipped), per_class)
    )
    return all_grey(partial(open_regular, path) for path in first)


def _layout(root: Path, skipped: Skipped) -> tuple[Path, dict[str, Path]]:
    """The folder that holds the training classes, and those of the other splits by their name."""
    entries = _scan(root, skipped)
    names = [entry.name for entry in entries if _is(entry.is_dir)]
    if not names:
        loose = any(Path(entry.name).suffix.lower() in SUFFIXES for entry in entries)
        what = "images, but no class folders" if loose else "no images"
        raise DataError(f"{root}: holds {what}; {LAYOUT} there")
    if "train" not in names:
        if "test" in names:
            raise DataError(f"{root}: has test/ but no train/; put training images into train/")
        return root, {}
    others = {"test": root / "test"} if "test" in names else {}
    for name in VALIDATION_NAMES:
        if name in names:
            others["validation"] = root / name
            break
    return root / "train", others


def _class_names(folder: Path, skipped: Skipped) -> tuple[str, ...]:
    names = _folder_names(folder, skipped)
    if len(names) < 2:
        found = f"only one class folder ({names[0]}/)" if names else "no class folders"
        raise DataError(f"{folder}: has {found}; put the images of each class into <class>/")
    return tuple(names)


def _check_known(folder: Path, classes: tuple[str, ...], skipped: Skipped) -> None:
    names = _folder_names(folder, skipped)
    if not names:
        raise DataError(f"{folder}: has no class folders; put images into <class>/ or remove it")
    foreign = [name for name in names if name not in classes]
    if foreign:
        raise DataError(
            f"{folder / foreign[0]}: a class that the training set lacks; "
            f"add train/{foreign[0]}/ with images or remove this folder"
        )


def _folder_names(folder: Path, skipped: Skipped) -> list[str]:
    """The class folders of a split, in order; other entries but files go to ``skipped``."""
    names = []
    for entry in _scan(folder, skipped):
        if _is(entry.is_dir):
            names.append(entry.name)
        elif not _is(entry.is_file):
            skipped.add(entry.path, _what_it_is(entry))
    return sorted(names)


def _list_split(
    folder: Path, index: Mapping[str, int], skipped: Skipped, *, complete: bool
) -> tuple[ImageFile, ...]:
    found: list[ImageFile] = []
    for name, label in index.items():
        if not complete and not (folder / name).is_dir():
            continue  # a test set need not have every class
        # As text: a Path for each of a million files would cost seconds.
        prefix = (folder / name).relative_to(skipped.root).as_posix()
        files = [
            ImageFile(f"{prefix}/{below}", label, stat.st_size, stat.st_mtime_ns, stat.st_mode)
            for entry, below in _files(folder / name, skipped)
            for stat in (_stat(entry),)
            if stat is not None
        ]
        if not files:
            raise _no_images(folder / name)
        found += sorted(files, key=lambda file: file.path)
    return tuple(found)


def _files(
    folder: Path | str, skipped: Skipped, below: str = ""
) -> Iterator[tuple["os.DirEntry[str]", str]]:
    """Images anywhere below a class folder; links to folders are not followed further down."""
    for entry in _scan(folder, skipped):
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path, skipped, f"{below}{entry.name}/")
        elif os.path.splitext(entry.name)[1].lower() not in SUFFIXES:  # noqa: PTH122 (a million times)
            continue
        elif _is(entry.is_file):
            yield entry, below + entry.name
        else:
            skipped.add(entry.path, _what_it_is(entry))


def _is(kind: Callable[[], bool]) -> bool:
    """``kind()``, and False where it raises OSError (a link to itself)."""
    try:
        return kind()
    except OSError:
        return False


def _what_it_is(entry: "os.DirEntry[str]") -> str:
    """Why an entry that is no regular file is skipped."""
    linked = entry.is_symlink()
    try:
        about = entry.stat()
    except OSError as error:
        return "is a link to nothing" if linked else str(error.strerror or error)
    try:
        refuse_irregular(Path(entry.path), about)
    except OSError as error:
        what = str(error.strerror)
        return what.replace("is a ", "is a link to a ", 1) if linked else what
    return "has been replaced while it was listed"


def _stat(entry: "os.DirEntry[str]") -> os.stat_result | None:
    try:
        return entry.stat()
    except OSError:
        return None  # a file that has just been removed


def _scan(folder: Path | str, skipped: Skipped) -> list["os.DirEntry[str]"]:
    """The entries of a folder; adds left-behind files to ``skipped``."""
    kept = []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if why := left_behind(entry.name):
                    skipped.add(entry.path, why)
                else:
                    kept.append(entry)
    except FileNotFoundError:
        raise DataError(f"{folder}: no such folder; {LAYOUT} there") from None
    except NotADirectoryError:
        raise DataError(f"{folder}: is a file, not a folder of images") from None
    except PermissionError:
        raise DataError(f"{folder}: no permission to read this folder") from None
    except (OSError, ValueError) as error:  # ValueError: a zero byte in the name
        why = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{folder}: cannot be read: {why}") from None
    return kept


def _no_images(folder: Path) -> DataError:
    kinds = ", ".join(sorted(suffix[1:] for suffix in SUFFIXES))
    return DataError(f"{folder}: class folder with no images in it (files ending in {kinds})")
