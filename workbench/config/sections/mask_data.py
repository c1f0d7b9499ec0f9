"""Data sets in which every pixel has a class: for semantic segmentation."""

from typing import Literal

from workbench.config.sections.base import setting
from workbench.config.sections.data_section import DataSection


class ShapesData(DataSection):
    """Circles, squares and triangles on textured backgrounds, drawn here; no download."""

    name: Literal["shapes"] = "shapes"
    classes: int = setting(4, "Background and three shapes.", ge=4, le=4)
    size: int = setting(48, "Height and width of an image.", unit="px", ge=16)
    images: int = setting(1200, "Images drawn, for all splits.", unit="images", ge=10)
    objects: int = setting(3, "Most shapes in an image; at least one.", ge=1, le=16)
    shape_seed: int = setting(0, "Seed of places, sizes, colours and backgrounds.", ge=0)
    test: float = setting(0.2, "Share of the images kept for the test.", gt=0, le=0.5)


class MaskFolderData(DataSection):
    """A folder of images and one of masks of the same names: ``root/images``, ``root/masks``."""

    name: Literal["maskfolder"] = "maskfolder"
    classes: int = setting(2, "Number of classes; follows classes.txt, else the masks.", ge=2)
    size: int = setting(96, "Height and width to which images are decoded.", unit="px", ge=8)
    fit: Literal["crop", "pad", "stretch"] = setting(
        "crop",
        "How an image and its mask become square: scale the short side and crop the centre, "
        "scale the long side and pad (with pixels that do not count), or scale both sides.",
    )
    test: float = setting(
        0.2, "Share kept for the test where the folder has no test/ of its own.", gt=0, le=0.5
    )
    ignore: int = setting(255, "Value of the pixels of a mask that do not count.", ge=0, le=255)


class CocoMasksData(DataSection):
    """Images with outlines of objects in COCO format; what lies in none is background."""

    name: Literal["cocomasks"] = "cocomasks"
    classes: int = setting(2, "Background and the categories; follows the file.", ge=2)
    size: int = setting(
        128, "Images are scaled to fit into a square of this side.", unit="px", ge=8
    )
    test: float = setting(
        0.2, "Share kept for the test where there is no file of test images.", gt=0, le=0.5
    )
