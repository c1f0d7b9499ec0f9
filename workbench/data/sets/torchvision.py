"""torchvision's classification sets by name, decoded once as a folder is.

torchvision downloads them where that is possible, and compares the published md5 sums.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from PIL import Image

from workbench.catalog.listing import ImageFile, ImageListing
from workbench.catalog.torchvision_sets import Arguments, torchvision_set
from workbench.config import RunConfig
from workbench.config.fitting import cache_folder
from workbench.config.sections.listed_data import TorchvisionData
from workbench.data.cache import Decoding
from workbench.data.dataset import DataSet, Progress
from workbench.data.decode import BrokenImage, to_square
from workbench.data.listed import load_listed
from workbench.errors import DataError

LABELS = ("targets", "_labels", "labels", "y")  # where torchvision's sets keep their labels
NAMES = ("classes", "categories")


@dataclass(frozen=True)
class ItemDecoding(Decoding):
    """Decodes item ``<split>/<number>`` of one of torchvision's sets."""

    dataset: str = ""
    parts: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def decode(self, path: Path) -> NDArray[np.uint8]:
        """Scale one item; raises :class:`workbench.data.decode.BrokenImage`."""
        split, number = path.parts[-2:]
        try:
            image = self.parts[split][int(number)][0]
        except Exception as error:  # noqa: BLE001 (whatever the set's reader raises)
            raise BrokenImage((str(error).splitlines() or [type(error).__name__])[0]) from None
        if not isinstance(image, Image.Image):
            raise BrokenImage(f"is {type(image).__name__}, no image")
        return to_square(image, self.size, self.channels, self.fit)


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load ``data.dataset`` from ``data.root``, downloading it first where it is not there.

    Raises :class:`DataError` where it is missing and cannot be downloaded.
    """
    data = config.data
    assert isinstance(data, TorchvisionData)
    root = Path(data.root)
    progress(f"reading {data.dataset}", 0, 0)
    known = torchvision_set(data.dataset)
    parts = {split: _open(data, arguments, progress) for split, arguments in known.splits.items()}
    listed = {split: _listed(split, part) for split, part in parts.items()}
    classes = _classes(parts["train"], listed)
    listing = ImageListing.of_splits(root / data.dataset, classes, listed)
    how = ItemDecoding(data.size, data.channels, data.fit, data.dataset, parts)
    return load_listed(config, listing, how, progress)


def _open(data: TorchvisionData, arguments: Arguments, progress: Progress) -> Any:
    """A split of the set, as it is on disk or else downloaded."""
    from torchvision import datasets

    make, root = getattr(datasets, data.dataset), Path(data.root)
    try:
        return make(root, **arguments)
    except Exception:  # noqa: BLE001 (each set has its own way to say that it is not there)
        progress(f"downloading {data.dataset}", 0, 0)
    try:
        cache_folder().mkdir(parents=True, exist_ok=True)
        with FileLock(cache_folder() / f"torchvision-{data.dataset}.lock"):
            return make(root, download=True, **arguments)
    except Exception as error:  # noqa: BLE001
        words = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(
            f"{root}: torchvision's {data.dataset} is not there and could not be downloaded "
            f"({words}); put its files there or give another folder with --data DIR"
        ) from None


def _listed(split: str, part: Any) -> tuple[ImageFile, ...]:
    """The items of a split; none has a file of its own, so that only their number is known."""
    return tuple(
        ImageFile(f"{split}/{number}", label, 0, 0, 0) for number, label in enumerate(_labels(part))
    )


def _labels(part: Any) -> Sequence[int]:
    """The labels of a split, from where the set keeps them; else by reading each item."""
    for name in LABELS:
        found = getattr(part, name, None)
        if found is not None and np.shape(found) == (len(part),):
            return [int(label) for label in found]
    return [int(part[number][1]) for number in range(len(part))]


def _classes(train: Any, listed: Mapping[str, Sequence[ImageFile]]) -> tuple[str, ...]:
    """The set's class names, where it has as many as labels; else numbers."""
    count = 1 + max(image.label for images in listed.values() for image in images)
    for name in NAMES:
        names = getattr(train, name, None)
        if names is not None and len(names) >= count:
            return tuple(map(str, names))
    return tuple(str(number) for number in range(count))
