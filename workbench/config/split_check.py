"""Checks before a run exists that every split has an image of every class.

Of a folder only names are listed, of COCO annotations only the classes of each image; the sizes
of the other data sets are known. A split that the data set brings itself (``test/``, ``val/``, a
file of test boxes) may lack a class: the run gives a notice then. Broken files are found when
they are decoded: :func:`check_loaded` checks again then.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workbench.catalog import image_folder, mask_folder
from workbench.catalog.splits import least_limit, limited, own_or_random_parts, share_of
from workbench.config import RunConfig, plugins
from workbench.config.facts import Listed, find_box_labels, find_listing, find_table
from workbench.config.fitting import resolve, source_config
from workbench.config.sections.data import AnnotatedData, CocoData, ScenesData, VocData, YoloData
from workbench.config.sections.data_section import DataSection
from workbench.config.sections.listed_data import TableData, TorchvisionData
from workbench.config.sections.mask_data import CocoMasksData, MaskFolderData, ShapesData
from workbench.config.sections.own_data import ArraysData, PythonData
from workbench.errors import ConfigError, DataError

SPLITS = ("training", "validation", "test")
WORDS = dict(zip(("train", "validation", "test"), SPLITS, strict=True))
ENOUGH = 4  # images of a class that fill every split, whatever their shares
ALLOW = "data.allow_missing_classes=true"
DIGITS = (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)  # of each class
CIFAR = {"cifar10": (5000,) * 10, "cifar100": (500,) * 100}  # training images of each class


def resolve_to_train(config: RunConfig, data_root: str | Path | None = None) -> RunConfig:
    """As :func:`workbench.config.fitting.resolve`, and checks the splits.

    Raises :class:`DataError` or :class:`ConfigError` too where a split would be empty, or would
    lack a class and ``data.allow_missing_classes`` is off.
    """
    fitted = resolve(config, data_root)
    check_splits(fitted)
    return fitted


def check_splits(config: RunConfig) -> None:
    """Raise DataError or ConfigError where a split, or a class of a split, would be empty."""
    data = config.data
    if isinstance(data, CocoData | VocData | YoloData):
        return _check_boxes(data)
    if isinstance(data, PythonData | ArraysData | TorchvisionData) or data.name in plugins.loaded(
        "data"
    ):
        return None  # what is in it shows when it is loaded; `check_loaded` looks then
    if isinstance(data, ShapesData | MaskFolderData | CocoMasksData):
        return _check_masks(data)
    if isinstance(data, ScenesData):
        _check_scenes(data)
        data = source_config(config).data
    if isinstance(data, TableData) and _check_table(config, data):
        return None
    if isinstance(data, Listed):
        listing = find_listing(data, Path(data.root))
        classes, own = listing.classes, listing.counts()
    elif data.name == "imagefolder":
        most = None if data.limit else max(ENOUGH, 2 * data.folds)
        classes, own = image_folder.count_images(Path(data.root), most)
    else:
        classes, own = (), {}
    if own:
        names = [f"class {name!r}" for name in classes]
        if data.folds and "validation" in own:
            raise ConfigError(
                {"data.folds": f"{data.root} has images for validation of its own: leave it at 0"}
            )
        counts, shares = own["train"], _Shares.of(data, set(own))
    else:
        counts = CIFAR.get(data.name, DIGITS)
        # All are about as large: which of them a limit cuts short, reading the labels would tell.
        names = [f"a class of {data.name}"] * len(counts)
        shares = _Shares.of(data, {"test"} if data.name in CIFAR else set())
    _check_counts(data, names, counts, shares)
    if data.limit:
        _check_limit(data, names, counts, shares)
    return None


@dataclass(frozen=True)
class _Shares:
    """Shares of each class taken for validation and test; 0 where the data set has its own."""

    validation: float
    test: float
    folds: int = 0

    @classmethod
    def of(cls, data: DataSection, own: set[str]) -> "_Shares":
        return cls(
            0 if "validation" in own else data.validation,
            0 if "test" in own else float(getattr(data, "test", 0)),
            data.folds,
        )

    @property
    def splits(self) -> list[str]:
        """The names of the splits that the images are divided into."""
        taken = (True, self.validation > 0, self.test > 0)
        return [name for name, wanted in zip(SPLITS, taken, strict=True) if wanted]

    def parts(self, count: int) -> list[int]:
        """Images of a class with ``count`` of them in each of :attr:`splits`.

        Of folds, in the one that has the fewest.
        """
        test = share_of(count, self.test) if self.test else 0
        validation = share_of(count - test, self.validation) if self.validation else 0
        if self.folds:
            validation = (count - test) // self.folds
        found = {"training": count - test - validation, "validation": validation, "test": test}
        return [found[name] for name in self.splits]

    def least(self) -> int:
        """The fewest images a class needs so that every split gets one."""
        enough = max(ENOUGH, 2 * self.folds)
        return next(count for count in range(1, enough + 1) if min(self.parts(count)) > 0)

    @property
    def words(self) -> str:
        """How many images of a class go to which split."""
        if self.folds:
            return f"one for each of data.folds = {self.folds}" + (
                " and the test" * (self.test > 0)
            )
        return _one_each(self.splits)

    def leaves_one_empty(self, counts: Sequence[int]) -> bool:
        """Whether a split gets no image at all."""
        parts = [self.parts(count) for count in counts if count]
        return not all(map(sum, zip(*parts, strict=True))) if parts else True


def _check_counts(
    data: DataSection, names: Sequence[str], counts: Sequence[int], shares: _Shares
) -> None:
    """Refuse a class with too few images for all splits."""
    least, empty = shares.least(), shares.leaves_one_empty(counts)
    short = [label for label, count in enumerate(counts) if count < least]
    if not short or (data.allow_missing_classes and not empty):
        return
    count = counts[short[0]]
    raise DataError(
        f"{data.root}: {names[short[0]]} has {_images(count)} and needs at least {least}, "
        f"{shares.words}{_others(len(short) - 1)}; add images"
        + ("" if empty else f" or set {ALLOW}")
    )


def _check_limit(
    data: DataSection, names: Sequence[str], counts: Sequence[int], shares: _Shares
) -> None:
    """Refuse a ``data.limit`` that leaves a class too few images for training and validation."""
    train = [count - share_of(count, shares.test) if shares.test else count for count in counts]
    labels = np.repeat(np.arange(len(train)), train)
    rows = limited(labels, data.limit, data.split_seed)
    left = np.bincount(labels[rows], minlength=len(train)).tolist()
    shares = _Shares(shares.validation, 0, shares.folds)
    least, empty = shares.least(), shares.leaves_one_empty(left)
    short = [label for label, count in enumerate(left) if count < min(least, train[label])]
    if not short or (data.allow_missing_classes and not empty):
        return
    enough = least_limit(labels, data.split_seed, least)
    has = _images(left[short[0]])
    raise ConfigError(
        {
            "data.limit": f"{data.limit} leaves {has} of {names[short[0]]}, which needs at "
            f"least {least}, {shares.words}{_others(len(short) - 1)}: set "
            f"data.limit to at least {enough}" + ("" if empty else f" or set {ALLOW}")
        }
    )


def _check_scenes(data: ScenesData) -> None:
    """Refuse fewer objects in all training scenes than there are classes."""
    if not data.scenes or data.allow_missing_classes:
        return
    if data.scenes * data.objects < data.classes:
        raise ConfigError(
            {
                "data.scenes": f"{data.scenes} training scenes, objects in each: {data.objects}, "
                f"leave some of the {data.classes} classes without one; set data.scenes to at "
                f"least {math.ceil(data.classes / data.objects)} or set {ALLOW}"
            }
        )


def _check_masks(data: DataSection) -> None:
    """Refuse too few images for three splits: which classes an image shows is not chosen."""
    if data.limit == 1:
        raise ConfigError({"data.limit": "1 is too few to split; set data.limit to at least 2"})
    if isinstance(data, MaskFolderData):
        folder = mask_folder.find_masks(Path(data.root), data.ignore)
        own = {"validation": folder.validation, "test": folder.test}
        _check_enough(data, len(folder.train), {name for name, found in own.items() if found})


def _check_enough(data: DataSection, count: int, own: Collection[str]) -> None:
    """Refuse fewer images to train on than there are splits to make of them."""
    least = 3 - ("validation" in own) - ("test" in own)
    if count < least:
        raise DataError(
            f"{data.root}: has {_images(count)} to train on and needs at least "
            f"{least}, one for each of {' and '.join(SPLITS)}"
        )


def _check_table(config: RunConfig, data: TableData) -> bool:
    """Whether a table is for several labels an image; refuses it where that is not asked for."""
    table = find_table(data, Path(data.root))
    if config.task.kind == "multilabel":
        own = table.listing.counts()
        _check_enough(data, len(table.listing.train), own)
        return True
    if path := table.several:
        count = len(table.labels[path])
        raise DataError(
            f"{data.root}: {path} has {count} labels in {data.file}; classification needs one "
            "an image: set task.kind=multilabel for several"
        )
    return False


def _check_boxes(data: CocoData | VocData | YoloData) -> None:
    """Refuse annotations whose images, split at random, leave a split or a class of it empty."""
    names, splits = find_box_labels(data.name, Path(data.root))
    train, own, test = splits["train"], splits["validation"], splits["test"]
    labels, rows = [*train, *own, *test], np.arange(len(train) + len(own) + len(test))
    counts = [sum(label in found for found in labels) for label in range(len(names))]
    for limit in dict.fromkeys((0, data.limit)):
        parts = own_or_random_parts(
            rows,
            (len(train), len(own)),
            (data.validation, data.test),
            limit,
            data.split_seed,
        )
        given = {"validation": own, "test": test}
        made = [split for split in SPLITS if not given.get(split)]
        if limit and not all(map(len, parts)):
            raise ConfigError(
                {"data.limit": f"{limit} is too few to split; set data.limit to at least 2"}
            )
        problem = _missing(data, names, counts, {
            name: [labels[row] for row in part]
            for name, part in zip(SPLITS, parts, strict=True) if name in made
        })  # fmt: skip
        if problem and limit:
            raise ConfigError({"data.limit": f"{limit} is too few: {problem}"})
        if problem:
            raise DataError(f"{data.root}: {problem}")


def _missing(
    data: AnnotatedData,
    names: Sequence[str],
    counts: Sequence[int],
    parts: Mapping[str, Sequence[set[int]]],
) -> str:
    """What a split of annotated images lacks; "" where it lacks nothing."""
    if not all(parts.values()):
        total = sum(map(len, parts.values()))
        return f"{_images(total)} with boxes; needs at least {len(parts)}, {_one_each([*parts])}"
    if data.allow_missing_classes:
        return ""
    for split, images in parts.items():
        there = set().union(*images)
        for label, count in enumerate(counts):
            if count and label not in there:  # a category without any box is nobody's loss
                return (
                    f"class {names[label]!r} has boxes in {_images(count)}, none of them in "
                    f"{split}, which needs at least 1; add images, choose another "
                    f"data.split_seed or set {ALLOW}"
                )
    return ""


def check_loaded(
    config: RunConfig,
    classes: Sequence[str],
    counts: Mapping[str, Sequence[int]],
    sizes: Mapping[str, int],
    given: frozenset[str],
) -> list[str]:
    """Missing classes of a loaded data set that a run may have, a line a split.

    ``counts`` has the images of each class and ``sizes`` all images by split; the splits of
    ``given`` may lack a class. Raises :class:`DataError` for an empty split, and for a class
    that another split lacks.
    """
    where = config.data.root or config.data.name
    for split, size in sizes.items():
        if not size:
            raise DataError(f"{where}: no image in {_told(split, sizes)}; it needs at least 1")
    # A configuration that was written before there was this setting has trained without it.
    strict = "allow_missing_classes" in config.data.model_fields_set
    strict = strict and not config.data.allow_missing_classes
    return list(_lacking(where, classes, counts, given if strict else frozenset(sizes)))


def _lacking(
    where: str,
    classes: Sequence[str],
    counts: Mapping[str, Sequence[int]],
    may: frozenset[str],
) -> Iterator[str]:
    """A line for each split of ``may`` that lacks classes; raises for one of the others."""
    known = [label for label in range(len(classes)) if any(row[label] for row in counts.values())]
    for split, row in counts.items():
        lost = [label for label in known if not row[label]]
        if not lost:
            continue
        what = f"class {classes[lost[0]]!r}"
        if split in may:
            yield f"no image of {what} in {WORDS[split]}{_others(len(lost) - 1)}"
            continue
        held = {name: row[lost[0]] for name, row in counts.items()}
        raise DataError(
            f"{where}: no image of {what} in {_told(split, held)}{_others(len(lost) - 1)}; it "
            f"needs at least 1: add images, mend those that cannot be read or set {ALLOW}"
        )


def _told(split: str, held: Mapping[str, int]) -> str:
    """A split, and how many images each of them holds."""
    counts = ", ".join(f"{WORDS[name]} {count}" for name, count in held.items())
    return f"{WORDS[split]} ({counts})"


def _images(count: int) -> str:
    return f"{count} image" if count == 1 else f"{count} images"


def _one_each(splits: Sequence[str]) -> str:
    """In words how many images of a class go to which split."""
    if len(splits) == 1:
        return f"one for {splits[0]}"
    return f"one each for {', '.join(splits[:-1])} and {splits[-1]}"


def _others(count: int) -> str:
    if not count:
        return ""
    return f" (likewise {count} more class{'es' if count > 1 else ''})"
