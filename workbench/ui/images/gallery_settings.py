"""What the person has chosen to see of a run's sample images."""

from dataclasses import dataclass

Rgb = tuple[int, int, int]


@dataclass(frozen=True)
class GallerySettings:
    """Which images are shown, and in which colours true and predicted boxes are drawn."""

    wrong_only: bool = False
    crops: bool = False
    true: Rgb = (0, 255, 0)
    predicted: Rgb = (255, 160, 0)
