"""The data sets that can be asked for, one section class a data set.

``name`` names the file in ``workbench/data`` that loads it. ``classes`` and
``channels`` are facts of the data: a preset declares them so that a summary
needs no data, and :func:`workbench.resolve.resolve` corrects them from the
pictures before a run starts.
"""

from typing import Annotated, Literal

from pydantic import Field

from workbench.config.base import Section, per_item, setting


class DataSection(Section):
    """What every data set of pictures has."""

    root: str = setting(
        "", "Folder that holds the data; empty for $WORKBENCH_DATA or the user's cache folder."
    )
    classes: int = setting(10, "Number of classes; follows the data when it is read.", ge=1)
    channels: Literal[1, 3] = setting(3, "1 for grey pictures, 3 for RGB.")
    size: int = setting(32, "Height and width to which pictures are decoded.", unit="px", ge=1)
    validation: float = setting(
        0.1, "Share of the training pictures kept for validation, stratified.", gt=0, le=0.5
    )
    split_seed: int = setting(0, "Seed of the training / validation split.", ge=0)
    limit: int = setting(
        0, "Use at most this many training pictures, stratified; 0 for all.", unit="pictures", ge=0
    )
    mean: list[float] = per_item(
        "Mean of each channel (0 to 1) for normalisation; empty: from the training pictures.",
        default=[],
        max_length=3,
    )
    std: list[float] = per_item(
        "Standard deviation of each channel; empty: from the training pictures.",
        default=[],
        max_length=3,
    )


class DigitsData(DataSection):
    """1,797 handwritten digits, 8×8 grey, that come installed with scikit-learn."""

    name: Literal["digits"] = "digits"
    channels: Literal[1, 3] = setting(1, "1 for grey pictures, 3 for RGB.")
    size: int = setting(8, "Height and width to which pictures are scaled.", unit="px", ge=1)
    test: float = setting(0.2, "Share of the pictures kept for the test.", gt=0, le=0.5)


class Cifar10Data(DataSection):
    """CIFAR-10: 50,000 + 10,000 pictures, 32×32 RGB, 10 classes (Krizhevsky 2009)."""

    name: Literal["cifar10"] = "cifar10"


class Cifar100Data(DataSection):
    """CIFAR-100: 50,000 + 10,000 pictures, 32×32 RGB, 100 classes (Krizhevsky 2009)."""

    name: Literal["cifar100"] = "cifar100"
    classes: int = setting(100, "Number of classes; follows the data when it is read.", ge=1)


class ImageFolderData(DataSection):
    """A folder of pictures: ``root/train/<class>/…`` and ``root/test/<class>/…``, or one tree."""

    name: Literal["imagefolder"] = "imagefolder"
    test: float = setting(
        0.2, "Share kept for the test where the folder has no test/ of its own.", gt=0, le=0.5
    )
    fit: Literal["crop", "pad", "stretch"] = setting(
        "crop",
        "How a picture becomes square: scale the short side and crop the centre, scale the "
        "long side and pad with zeros, or scale both sides.",
    )


DataConfig = Annotated[
    DigitsData | Cifar10Data | Cifar100Data | ImageFolderData, Field(discriminator="name")
]
