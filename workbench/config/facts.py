"""What data on disk says of itself before anything is decoded: classes and channels."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

from workbench.catalog import (
    arrays,
    coco,
    image_folder,
    mask_folder,
    parquet,
    voc,
    webdataset,
    yolo,
)
from workbench.catalog.boxed import BoxListing
from workbench.catalog.listing import ImageListing, is_grey
from workbench.catalog.table import ImageTable, read_table
from workbench.catalog.torchvision_sets import torchvision_set
from workbench.config.sections.data_section import DataSection
from workbench.config.sections.listed_data import (
    HuggingFaceData,
    TableData,
    TorchvisionData,
    WebDatasetData,
)
from workbench.config.sections.mask_data import MaskFolderData
from workbench.system.regular_files import open_regular

Facts = dict[str, Any]  # key of [data] → value
Listed = TableData | HuggingFaceData | WebDatasetData
BOXED: Mapping[str, Callable[[Path], BoxListing]] = {"voc": voc.read_voc, "yolo": yolo.read_yolo}
OPENERS: Mapping[str, Callable[[Path], BinaryIO]] = {
    "table": open_regular,
    "huggingface": parquet.open_row,
    "webdataset": webdataset.open_member,
}


def on_disk(data: DataSection, name: str, root: Path) -> Facts:
    """The facts of the data set ``name`` in ``root``; raises :class:`DataError`.

    ``data`` is its section; of scenes, whose source has no section, the scenes' own.
    """
    if name == "imagefolder":
        grey = image_folder.grey_only(root)
        return _facts(len(image_folder.find_classes(root)), grey=grey)
    if isinstance(data, Listed):
        listing = find_listing(data, root)
        return _facts(len(listing.classes), grey=is_grey(listing, OPENERS[name]))
    if isinstance(data, TorchvisionData):
        known = torchvision_set(data.dataset)
        return {"classes": known.classes, "channels": known.channels}
    if isinstance(data, MaskFolderData):
        return {"classes": len(mask_folder.find_classes(root, data.ignore))}
    if name == "arrays":
        return arrays.facts(root)
    if name in ("coco", "cocomasks"):
        background = name == "cocomasks"
        return {"classes": len(coco.find_classes(root)) + background}
    if name == "yolo":
        return {"classes": len(yolo.find_names(root))}
    if name == "voc":
        return {"classes": len(voc.read_voc(root).classes)}
    return {}


def find_listing(data: Listed, root: Path) -> ImageListing:
    """The listing of a data set whose images are not laid out in folders of classes."""
    if isinstance(data, TableData):
        return find_table(data, root).listing
    if isinstance(data, HuggingFaceData):
        return parquet.find_parquet(root, data.image_column, data.label_column)
    return webdataset.find_shards(root)


def find_table(data: TableData, root: Path) -> ImageTable:
    """The images of a table."""
    return read_table(root, data.file, other_columns=data.other_columns)


def find_box_labels(name: str, root: Path) -> tuple[tuple[str, ...], dict[str, list[set[int]]]]:
    """The class names, and the classes of each annotated image by split."""
    if name == "coco":
        classes, train, test = coco.find_labels(root)
        return classes, {"train": train, "validation": [], "test": test}
    listing = BOXED[name](root)
    splits = {"train": listing.train, "validation": listing.validation, "test": listing.test}
    return listing.classes, {
        split: [image.labels for image in images] for split, images in splits.items()
    }


def _facts(classes: int, *, grey: bool) -> Facts:
    return {"classes": classes, "channels": 1 if grey else 3}
