"""The section ``[data]``: one class a data set.

``name`` names the file in ``workbench/data/sets`` that loads it. A preset declares ``classes``
and ``channels`` so that a summary needs no data; before a run starts they are corrected from
the images (:func:`workbench.config.fitting.resolve`).
"""

import math
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from workbench.config.sections.base import setting
from workbench.config.sections.data_section import DataSection
from workbench.config.sections.listed_data import (
    HuggingFaceData,
    ImageFolderData,
    TableData,
    TorchvisionData,
    WebDatasetData,
)
from workbench.config.sections.mask_data import CocoMasksData, MaskFolderData, ShapesData
from workbench.config.sections.own_data import ArraysData, PythonData


class DigitsData(DataSection):
    """1,797 handwritten digits, 8×8 grey, that come installed with scikit-learn."""

    name: Literal["digits"] = "digits"
    channels: Literal[1, 3] = setting(1, "1 for grey images, 3 for RGB.")
    size: int = setting(8, "Height and width to which images are scaled.", unit="px", ge=1)
    test: float = setting(0.2, "Share of the images kept for the test.", gt=0, le=0.5)


class Cifar10Data(DataSection):
    """CIFAR-10: 50,000 + 10,000 images, 32×32 RGB, 10 classes (Krizhevsky 2009)."""

    name: Literal["cifar10"] = "cifar10"


class Cifar100Data(DataSection):
    """CIFAR-100: 50,000 + 10,000 images, 32×32 RGB, 100 classes (Krizhevsky 2009)."""

    name: Literal["cifar100"] = "cifar100"
    classes: int = setting(100, "Number of classes; follows the data when it is read.", ge=1)


class BoxDataSection(DataSection):
    """The keys of every data set of images with boxes."""

    size: int = setting(
        48, "Height and width of an image, a multiple of 8.", unit="px", ge=16, multiple_of=8
    )


class ScenesData(BoxDataSection):
    """Objects of a classification data set placed on textured backgrounds (study 5)."""

    name: Literal["scenes"] = "scenes"
    source: Literal["cifar10", "cifar100", "digits", "imagefolder"] = setting(
        "cifar10", "Data set that the objects come from; its files are looked for in data.root."
    )
    source_size: int = setting(
        32, "Height and width to which the source's images are decoded.", unit="px", ge=4
    )
    objects: int = setting(1, "Objects in each scene.", ge=1, le=16)
    scenes: int = setting(
        0,
        "Training scenes; those for validation and test follow in proportion. 0: one for each "
        "image of the source.",
        unit="scenes",
        ge=0,
    )
    scene_seed: int = setting(0, "Seed of places, sizes, rotations and backgrounds.", ge=0)
    smallest: float = setting(20.0, "Smallest side of an object.", unit="px", ge=4)
    largest: float = setting(32.0, "Largest side of an object.", unit="px", ge=4)
    rotation: float = setting(
        15.0, "Largest rotation of an object to either side.", unit="degrees", ge=0, le=180
    )

    @property
    def widest(self) -> float:
        """Side of the largest box, in pixels: of the largest object at the largest rotation."""
        angle = math.radians(min(self.rotation, 45.0))
        return self.largest * (math.cos(angle) + math.sin(angle))

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.smallest > self.largest:
            raise ValueError(
                f"smallest {self.smallest:g} must not be above largest {self.largest:g}"
            )
        if self.widest > self.size:
            raise ValueError(
                f"an object of largest {self.largest:g} px needs {self.widest:.1f} px when turned "
                f"by {self.rotation:g} degrees; a scene has size {self.size}"
            )
        return self


class AnnotatedData(BoxDataSection):
    """The keys of those whose images are annotated with boxes in files."""

    size: int = setting(
        320,
        "Images are scaled to fit into a square of this side, a multiple of 8.",
        unit="px",
        ge=16,
        multiple_of=8,
    )
    most: int = setting(20, "Boxes kept of an image, the largest first.", ge=1, le=200)
    test: float = setting(
        0.2, "Share kept for the test where there are no images for it.", gt=0, le=0.5
    )


class CocoData(AnnotatedData):
    """Images with boxes in COCO format: ``annotations/instances_train*.json`` and folders."""

    name: Literal["coco"] = "coco"


class VocData(AnnotatedData):
    """Images with boxes in Pascal VOC's format: ``Annotations/*.xml`` and ``JPEGImages/``."""

    name: Literal["voc"] = "voc"


class YoloData(AnnotatedData):
    """Images with boxes in YOLO's format: ``images/train/``, ``labels/train/`` and data.yaml."""

    name: Literal["yolo"] = "yolo"


DataConfig = Annotated[
    DigitsData
    | Cifar10Data
    | Cifar100Data
    | ImageFolderData
    | ScenesData
    | CocoData
    | VocData
    | YoloData
    | ShapesData
    | MaskFolderData
    | CocoMasksData
    | TableData
    | TorchvisionData
    | HuggingFaceData
    | WebDatasetData
    | PythonData
    | ArraysData,
    Field(discriminator="name"),
]
