"""What is shown of a run's sample images, and how."""

from dataclasses import dataclass

Rgb = tuple[int, int, int]
COLOURED = "#"  # a role that begins so is "#rrggbb on #rrggbb"


@dataclass(frozen=True)
class GallerySettings:
    """What the person has chosen to see, and in which colours boxes are drawn."""

    wrong_only: bool = False
    crops: bool = False
    true: Rgb = (0, 255, 0)
    found: Rgb = (255, 160, 0)
