"""The Images panel: sample images with true and predicted classes and boxes, and crops."""

from collections.abc import Hashable
from dataclasses import replace
from typing import ClassVar

from rich.color_triplet import ColorTriplet

from workbench.ui.images.gallery_settings import GallerySettings, Rgb
from workbench.ui.run.panel import Panel, RunView, modified
from workbench.ui.widgets.lines import Line


class GalleryPanel(Panel):
    """Reads ``gallery.npz`` of the run, which its worker replaces after every epoch."""

    title: ClassVar[str] = "Images"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.settings = GallerySettings()

    def toggle_wrong(self) -> None:
        """Switch between wrong images only and all images."""
        self.settings = replace(self.settings, wrong_only=not self.settings.wrong_only)
        self.redraw()

    def toggle_crops(self) -> None:
        """Switch between crops and whole images."""
        self.settings = replace(self.settings, crops=not self.settings.crops)
        self.redraw()

    def key(self, view: RunView) -> Hashable:
        """The file's time, and the settings."""
        time = modified(view.folder.gallery(view.split))
        return time, self.settings, view.status.is_live, view.split

    def draw(self, view: RunView, width: int, height: int) -> list[Line]:
        """A line about the images and the images in rows, or why there are none."""
        from workbench.runs.store.gallery import read_gallery  # numpy and Pillow, 25 MB: not before
        from workbench.ui.images.gallery_tiles import gallery_lines

        # An earlier version kept one file, in which the test's images took the others' place.
        found = map(read_gallery, (view.folder.gallery(view.split), view.folder.gallery()))
        gallery = next((g for g in found if g is not None and g.split == view.split), None)
        if gallery is None:
            waits = "appear after the first epoch" if view.status.is_live else "were not kept"
            return [[(f" {view.split} images {waits}", "muted")]]
        self._styles.clear()  # the colours of the images before
        settings = replace(self.settings, true=self._colour("good"), predicted=self._colour("warn"))
        return gallery_lines(gallery, settings, width, height)

    def _colour(self, role: str) -> Rgb:
        colour = self.style_of(role).color
        triplet = colour.get_truecolor() if colour else ColorTriplet(255, 255, 255)
        return (triplet.red, triplet.green, triplet.blue)
