"""Images of the run with what the network makes of them: boxes, classes, what it cuts out."""

from collections.abc import Hashable
from dataclasses import replace
from typing import ClassVar

from rich.color_triplet import ColorTriplet

from workbench.ui.images.gallery_settings import GallerySettings, Rgb
from workbench.ui.run.panel import Panel, RunView
from workbench.ui.widgets.lines import Line


class GalleryPanel(Panel):
    """Reads ``gallery.npz`` of the run, which its worker replaces after every epoch."""

    title: ClassVar[str] = "Images"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.settings = GallerySettings()

    def toggle_wrong(self) -> None:
        """Wrong answers only, or all images."""
        self.settings = replace(self.settings, wrong_only=not self.settings.wrong_only)
        self.redraw()

    def toggle_crops(self) -> None:
        """What was cut out of the images, or the images."""
        self.settings = replace(self.settings, crops=not self.settings.crops)
        self.redraw()

    def key(self, view: RunView) -> Hashable:
        """The file, by its time, and what was chosen."""
        return _mark(view), self.settings, view.status.is_live, view.split

    def draw(self, view: RunView, width: int, height: int) -> list[Line]:
        """A line about them, then the images in rows, or why there are none."""
        from workbench.runs.store.gallery import read_gallery  # numpy and Pillow, 25 MB: not before
        from workbench.ui.images.gallery_tiles import gallery_lines

        # An earlier version kept one file, in which the test's images took the others' place.
        found = map(read_gallery, (view.folder.gallery(view.split), view.folder.gallery()))
        gallery = next((g for g in found if g is not None and g.split == view.split), None)
        if gallery is None:
            waits = "appear after the first epoch" if view.status.is_live else "were not kept"
            return [[(f" {view.split} images {waits}", "muted")]]
        self._styles.clear()  # the colours of the images before
        settings = replace(self.settings, true=self._colour("good"), found=self._colour("warn"))
        return gallery_lines(gallery, settings, width, height)

    def _colour(self, role: str) -> Rgb:
        colour = self.style_of(role).color
        triplet = colour.get_truecolor() if colour else ColorTriplet(255, 255, 255)
        return (triplet.red, triplet.green, triplet.blue)


def _mark(view: RunView) -> int:
    try:
        return view.folder.gallery(view.split).stat().st_mtime_ns
    except OSError:
        return 0
