"""Data sets that list images with their classes: folders, tables, Parquet files, tar shards."""

from typing import Literal

from workbench.config.sections.base import setting
from workbench.config.sections.data_section import DataSection


class ListedData(DataSection):
    """What all of them share: how an image becomes square, and the share kept for the test."""

    test: float = setting(
        0.2, "Share kept for the test where the data has no test split of its own.", gt=0, le=0.5
    )
    fit: Literal["crop", "pad", "stretch"] = setting(
        "crop",
        "How an image becomes square: scale the short side and crop the centre, scale the "
        "long side and pad with zeros, or scale both sides.",
    )


class FileListedData(ListedData):
    """The keys of those whose images can be read in any order, one by one."""

    cache: Literal["decoded", "none"] = setting(
        "decoded",
        "Decode all images once, into the user's cache folder, or each as it is needed (none): "
        "for sets that are too large to keep decoded.",
    )
    workers: int = setting(
        0,
        "Processes that decode ahead of training where data.cache is none; 0: one a core, at "
        "most 8.",
        ge=0,
        le=64,
    )


class ImageFolderData(FileListedData):
    """A folder of images: ``root/train/<class>/…`` and ``root/test/<class>/…``, or one tree."""

    name: Literal["imagefolder"] = "imagefolder"


class TableData(FileListedData):
    """Images named by a CSV or Parquet table with the columns file, label and maybe split."""

    name: Literal["table"] = "table"
    file: str = setting(
        "labels.csv", "The table (.csv, .tsv or .parquet), seen from data.root or absolute."
    )
    other_columns: bool = setting(
        False,
        "Leave out columns but file, label and split; else a table that has others is refused, "
        "as one of them may be a split whose name is misspelt.",
    )


class HuggingFaceData(ListedData):
    """A Hugging Face data set of images as it lies on disk: ``root/**/train-….parquet``."""

    name: Literal["huggingface"] = "huggingface"
    image_column: str = setting("image", "Column of the images (bytes as in a file).")
    label_column: str = setting("label", "Column of the labels.")


class WebDatasetData(FileListedData):
    """Tar shards as WebDataset writes them: ``000.jpg`` and ``000.cls``; ``train-0000.tar``, …"""

    name: Literal["webdataset"] = "webdataset"


class TorchvisionData(ListedData):
    """Any of torchvision's classification sets, by the name of its class."""

    name: Literal["torchvision"] = "torchvision"
    dataset: str = setting("FashionMNIST", "Name of the class in torchvision.datasets, as SVHN.")
