"""A workbench for tests: a preloaded that counts on command, and what one looks for on a screen."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot
from textual.widgets import Input

from workbench.config import RunConfig
from workbench.runs.store.folder import RunFolder
from workbench.ui.app import WorkbenchApp
from workbench.ui.presets.fields import FieldRow
from workbench.ui.presets.screen import PresetsScreen

WIDE, NARROW = (160, 48), (80, 24)


class ManualStandby:
    """Stands in for the process: answers at once, or when the test says so while ``held``."""

    def __init__(self) -> None:
        self.phase = "ready"
        self.held = False
        self.asked: list[tuple[RunConfig, asyncio.Future[dict[str, Any]]]] = []
        self.launched: list[RunFolder] = []

    async def summarize(self, config: RunConfig) -> dict[str, Any]:
        """Count, unless held."""
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self.asked.append((config, future))
        if not self.held:
            future.set_result(summary_of(config))
        return await future

    async def launch(self, folder: RunFolder) -> int:
        """Note the run; no worker is started."""
        self.launched.append(folder)
        return 1

    async def close(self) -> None:
        """Nothing to let go."""


def summary_of(config: RunConfig) -> dict[str, Any]:
    """A document with one convolution whose parameters are the model's width."""
    width = getattr(config.model, "width", 7)
    layer = {
        "name": "stem.conv",
        "type": "Conv2d",
        "kind": "conv",
        "kernel": [3, 3],
        "stride": [1, 1],
        "groups": 1,
        "output_shape": [width, 8, 8],
        "params": width,
        "macs": 2 * width,
        "other_ops": 0,
        "share": 1.0,
        "note": "",
    }
    opinion = {"macs": 3 * width, "params": width, "convention": "", "note": "", "unexplained": 0}
    return {
        "input": list(config.input_shape),
        "params": width,
        "macs": 2 * width,
        "layers": [layer],
        "ptflops": opinion,
    }


@asynccontextmanager
async def desk(
    root: Path, size: tuple[int, int] = WIDE, preset: str | None = None
) -> AsyncIterator[tuple[WorkbenchApp, Pilot[None], ManualStandby]]:
    """The app on an empty runs folder, with its presets screen painted."""
    app = WorkbenchApp(root / "runs", root / "data", preset)
    preloaded = ManualStandby()
    app.context.preloaded = preloaded  # type: ignore[assignment]
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        yield app, pilot, preloaded


async def settle(pilot: Pilot[None]) -> None:
    """Until the screen has taken in everything, what threads find out too."""
    await pilot.pause()
    for worker in list(pilot.app.workers):
        if worker.group in ("past", "start") and not worker.is_finished:
            await worker.wait()
    await pilot.pause()


def presets_screen(app: WorkbenchApp) -> PresetsScreen:
    """The Presets screen, whatever lies over it."""
    return next(screen for screen in app.screen_stack if isinstance(screen, PresetsScreen))


def row(app: WorkbenchApp, key: str) -> FieldRow:
    """The row of a key that is in view."""
    return next(row for row in presets_screen(app).query(FieldRow) if row.spec.key == key)


async def put(pilot: Pilot[None], field: FieldRow, text: str) -> None:
    """Type a text into a field, in place of what is there."""
    field.focus_editor()
    field.query_one(Input).clear()
    await pilot.press(*text)
    await settle(pilot)


def text_of(app: WorkbenchApp) -> str:
    """What the screen shows, as lines of text."""
    lines = app.screen._compositor.render_strips()
    return "\n".join(strip.text for strip in lines)


def notices(app: WorkbenchApp) -> list[str]:
    """The notifications in view."""
    return [notice.message for notice in app._notifications]
