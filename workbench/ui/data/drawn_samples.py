"""The Data screen's panel with images as pixels, in terminals with an image protocol."""

import asyncio
import os
import sys
from collections.abc import Mapping

from textual.app import App
from textual.geometry import Region
from textual.strip import Strip
from textual.timer import Timer

from workbench.system.terminal import (
    VT340,
    CellPixels,
    ImageProtocol,
    cell_pixels,
    image_protocol,
    overriding,
)
from workbench.ui.data.samples import HALF_BLOCKS, DataView, SamplesPanel, data_lines
from workbench.ui.images.renderers import Renderer, Send, renderer
from workbench.ui.images.tiles import COLUMNS, CoveredTiles, Place, Tiles, places

SETTLED = 0.05  # seconds without painting after which images are drawn
OVERLAYS = "Toast, Tooltip"  # what Textual lays over a screen


def samples_panel(app: App[None]) -> SamplesPanel:
    """The panel for the terminal: with pixels if it can show them, else with half-blocks."""

    def send(text: str) -> None:
        if app._driver is not None:  # Textual has no public way to write as it is
            app._driver.write(text)

    protocol = usable(image_protocol(), app.console.color_system, plain=app.no_color)
    chosen = renderer(protocol, send)
    return SamplesPanel() if chosen is None else DrawnSamples(chosen, send)


def usable(
    protocol: ImageProtocol,
    colours: str | None,
    *,
    plain: bool,
    environ: Mapping[str, str] = os.environ,
) -> ImageProtocol:
    """The protocol, or half-blocks where something that it needs is missing.

    Kitty's placeholders need 24-bit colours (``plain``: NO_COLOR is set), sixels need the size of
    a cell; if sixels are asked for by name, that of a VT340 is assumed.
    """
    if protocol == "kitty" and (plain or colours != "truecolor"):
        return "half-blocks"
    if protocol == "sixel" and not overriding(environ) and cell_pixels(sys.__stderr__) is None:
        return "half-blocks"
    return protocol


class DrawnSamples(SamplesPanel):
    """Has a renderer draw the images whenever their cells were painted and nothing covers them.

    While a dialog, a toast or another screen covers them, the images are half-blocks, as drawing
    would paint over it.
    """

    def __init__(self, renderer: Renderer, send: Send) -> None:
        super().__init__()
        self._renderer, self._send = renderer, send
        self._placed: list[Place] = []
        self._covered = False
        self._settling: Timer | None = None
        self._paints = 0

    @property
    def largest(self) -> int:
        """The pixels of a square's side."""
        return COLUMNS * _cell().width

    def show(self, view: DataView) -> None:
        """Show a view; a new page is painted whole, over the images before."""
        before = self._view
        super().show(view)
        if before is None or view.page is not before.page:
            self.refresh()

    def tiles(self, view: DataView) -> Tiles:
        """The renderer's tiles, or half-blocks of the same size."""
        if view.page is None:
            return HALF_BLOCKS
        cell, width = _cell(), self.size.width
        tiles = self._renderer.tiles(view.page.images, max(1, width - 2), cell)
        self._placed = places(data_lines(view, width, tiles))
        return CoveredTiles(cell) if self._covered else tiles

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint the cells, and draw the images after that."""
        self._paints += 1
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLED, self._begin)
        return super().render_lines(crop)

    def _begin(self) -> None:
        covered = self._is_covered()
        if covered == self._covered:
            self.run_worker(self._draw(), group="images", exclusive=True)
            return
        self._covered = covered
        if self._view is not None:
            self.show(self._view)
            self.app.screen.refresh()  # a dialog paints what is below it only with itself

    async def _draw(self) -> None:
        """Draw piece by piece; ends when the cells are painted again."""
        if self._covered:
            return
        paints = self._paints
        for piece, sent in self._renderer.drawing(self._placed, self._in_sight()):
            x, y = self.region.offset + piece.offset
            self._send(f"\x1b7\x1b[{y + 1};{x + 1}H{sent}\x1b8")  # the cursor stays where it is
            await asyncio.sleep(0)
            if paints != self._paints:
                return

    def _is_covered(self) -> bool:
        if self.app.screen is not self.screen:
            return True
        view = self._in_sight()
        over = [widget.region for widget in self.screen.query(OVERLAYS) if widget.display]
        offset = self.region.offset - view.offset
        regions = (place.region.intersection(view).translate(offset) for place in self._placed)
        return any(region.overlaps(other) for region in regions for other in over)

    def _in_sight(self) -> Region:
        return Region.from_offset(self.scroll_offset, self.size)

    def on_unmount(self) -> None:
        """Delete the images from the terminal."""
        self._renderer.close()


def _cell() -> CellPixels:
    return cell_pixels(sys.__stderr__) or VT340  # it is stderr that Textual draws on
