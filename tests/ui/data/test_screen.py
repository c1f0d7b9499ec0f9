"""The look at the data of a preset, with the real process behind it."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from tests.ui.desk import NARROW, desk, notices, text_of
from workbench.ui.data.drawn_samples import DrawnSamples
from workbench.ui.data.samples import SamplesPanel
from workbench.ui.data.screen import DataScreen
from workbench.ui.images.renderers import KittyRenderer, SixelRenderer
from workbench.ui.presets.screen import PresetsScreen

PATIENCE = 60  # seconds for a process that imports torch on a busy machine


async def wait_for(pilot: Pilot[None], ready: Callable[[DataScreen], object]) -> DataScreen:
    for _ in range(PATIENCE * 20):
        screen = pilot.app.screen
        if isinstance(screen, DataScreen) and ready(screen):
            await pilot.pause()
            return screen
        await asyncio.sleep(0.05)
    raise AssertionError(text_of(pilot.app))  # type: ignore[arg-type]


async def test_facts_and_images_of_the_digits(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, _):
        await pilot.press("v")
        screen = await wait_for(pilot, lambda screen: screen.view.page)
        assert "1,295 training  143 validation  359 test" in text_of(app)
        assert "Images as training sees them" in text_of(app)
        first = screen.view.page
        await pilot.press("n")
        await wait_for(pilot, lambda screen: screen.view.page != first)
        varied = screen.view.page
        await pilot.press("a")
        await wait_for(pilot, lambda screen: screen.view.page != varied)
        assert "as a test image" in text_of(app)
        await pilot.press("x")
        assert "No file was skipped." in notices(app)
        process = screen._process
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, PresetsScreen)
        assert process is not None
        await asyncio.wait_for(process.wait(), PATIENCE)


@pytest.mark.parametrize(
    ("wanted", "renderer", "largest"),
    [("kitty", KittyRenderer, 240), ("sixel", SixelRenderer, 240), ("half-blocks", None, 96)],
)
async def test_images_are_drawn_as_the_terminal_can(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wanted: str,
    renderer: type[KittyRenderer] | type[SixelRenderer] | None,
    largest: int,
) -> None:
    monkeypatch.setenv("WORKBENCH_IMAGES", wanted)
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setattr("workbench.ui.data.drawn_samples.cell_pixels", lambda _: None)
    async with desk(tmp_path) as (_, pilot, _):
        await pilot.press("v")
        screen = await wait_for(pilot, lambda screen: screen.query(SamplesPanel))
        panel = screen.query_one(SamplesPanel)
        assert screen.view.asked.largest == largest
        if renderer is None:
            assert not isinstance(panel, DrawnSamples)
        else:
            assert isinstance(panel, DrawnSamples) and isinstance(panel._renderer, renderer)


def test_nothing_that_draws_is_loaded_before_a_image_is_looked_at() -> None:
    code = (
        "import sys, workbench.cli.main, workbench.ui.app, workbench.ui.presets.screen; "
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "workbench.system.terminal" in loaded
    assert not loaded & {"PIL", "workbench.ui.images.kitty", "workbench.ui.images.sixel"}


async def test_data_that_is_not_there_is_explained(tmp_path: Path) -> None:
    async with desk(tmp_path, NARROW, preset="simplenn/simplenn-cifar10") as (app, pilot, _):
        (tmp_path / "data").write_text("")
        await pilot.press("v")
        await wait_for(pilot, lambda screen: screen.view.problem)
        shown = " ".join(text_of(app).split())
        assert f"{tmp_path / 'data'}: is a file; data.root must be a folder" in shown
