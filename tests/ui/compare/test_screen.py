"""The Compare and Sweep screens, driven by keys and seen in images."""

import time
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from tests.ui.harness import ScreenApp, settle, text_of
from tests.ui.recorded import Recording, record_run
from workbench.runs.library.tags import read_notes
from workbench.runs.store.folder import RunFolder
from workbench.sweeps.config import build_sweep
from workbench.sweeps.folder import Note, SweepFolder, open_sweep, store, write_note
from workbench.sweeps.plan import plan
from workbench.ui.compare.screen import CompareScreen
from workbench.ui.sweep.screen import SweepScreen
from workbench.ui.sweep.start import SweepStart
from workbench.ui.widgets.lines import Lines

SHORT = {"epochs": 12, "steps_per_epoch": 10, "done": 12.0, "status": "finished"}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    folder = tmp_path / "runs"
    for n, (name, lr) in enumerate((("first-a1", 0.1), ("second-b2", 0.01))):
        changes = (("optimizer.lr", lr),)
        record_run(
            folder, Recording(name=name, changes=changes, peak=0.8 + n / 20, seed=n, **SHORT)
        )
    return folder


@pytest.fixture
def sweep(root: Path) -> SweepFolder:
    tables = {
        "preset": "quick/digits",
        "title": "Rates",
        "grid": {"optimizer.lr": [0.1, 0.01, 1.0]},
    }
    folder = open_sweep("rates", root)
    store(folder, build_sweep(tables))
    for n, run in enumerate(plan(build_sweep(tables), "rates")[:2]):
        record_run(root, Recording(name=run.id, peak=0.8 + n / 20, seed=n, **SHORT))
        write_note(RunFolder(root / run.id), Note("rates", run.variant, changes=run.changes))
    return folder


def shown(pilot: Pilot[None], name: str) -> str:
    return text_of(pilot.app.screen.query_one(f"#{name}", Lines))


async def compare(pilot: Pilot[None]) -> CompareScreen:
    await settle(pilot)
    await pilot.press("space", "space", "c")
    for _ in range(100):
        await pilot.pause(0.02)
        screen = pilot.app.screen
        if isinstance(screen, CompareScreen) and screen.compared and shown(pilot, "compare-table"):
            return screen
    raise AssertionError("the comparison did not come")


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
def test_image(snap_compare: Any, root: Path, size: tuple[int, int]) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        await compare(pilot)
        await pilot.pause(0.1)

    assert snap_compare(ScreenApp(root), terminal_size=size, run_before=drive)


async def test_marked_runs_are_compared_and_keys_change_what_is_shown(root: Path) -> None:
    async with ScreenApp(root).run_test(size=(120, 40)) as pilot:
        await compare(pilot)
        assert "val accuracy, %" in shown(pilot, "compare-plot")
        assert "★" in shown(pilot, "compare-table")
        await pilot.press("2")
        assert "optimizer.lr" in shown(pilot, "compare-table")
        await pilot.press("c", "x")
        assert "train loss" in shown(pilot, "compare-plot")
        await pilot.press("v")
        assert "on the Pareto front" in shown(pilot, "compare-plot")
        await pilot.press("escape")
        assert not isinstance(pilot.app.screen, CompareScreen)


async def test_one_run_alone_is_not_compared(root: Path) -> None:
    async with ScreenApp(root).run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await pilot.press("c")
        await pilot.pause()
        assert not isinstance(pilot.app.screen, CompareScreen)


async def test_a_star_and_tags_are_written_beside_the_run(root: Path) -> None:
    async with ScreenApp(root).run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        await pilot.press("f")
        await pilot.press("t")
        await pilot.pause()
        pilot.app.screen.query_one(Input).value = "good kept"
        await pilot.press("enter")
        await pilot.pause(0.1)
        notes = [read_notes(RunFolder(path)) for path in sorted(root.glob("[a-z]*"))]
        (starred,) = [one for one in notes if one.star]
        assert starred.tags == ("good", "kept")


async def test_the_sweep_screen_shows_its_table_and_opens_a_run(sweep: SweepFolder) -> None:
    async with ScreenApp(sweep.runs_dir).run_test(size=(120, 36)) as pilot:
        await settle(pilot)
        pilot.app.push_screen(SweepScreen(sweep))
        for _ in range(100):
            await pilot.pause(0.02)
            screen = pilot.app.screen
            if isinstance(screen, SweepScreen) and screen.table is not None:
                break
        assert "2/3 finished" in shown(pilot, "sweep-head")
        assert "not running" in shown(pilot, "sweep-head")
        table = shown(pilot, "sweep-table")
        assert "★  lr 0.01" in table and "0/1 waiting" in table
        await pilot.press("j", "enter")
        await pilot.pause(0.1)
        assert not isinstance(pilot.app.screen, SweepScreen)


async def test_what_a_typed_sweep_would_start_is_shown_before(root: Path) -> None:
    async with ScreenApp(root).run_test(size=(100, 30)) as pilot:
        await settle(pilot)
        context = pilot.app.context
        start = SweepStart("quick/digits", {}, context, "optimizer.lr = 0.1, 0.2; ")
        pilot.app.push_screen(start)
        await pilot.pause(0.2)
        text = str(start.query_one("#sweep-start-text").render())  # type: ignore[attr-defined]
        assert "2 runs" in text and "lr 0.2" in text
        start.query_one(Input).value = "optimizer.lrr = 1"
        await pilot.pause(0.2)
        text = str(start.query_one("#sweep-start-text").render())  # type: ignore[attr-defined]
        assert "did you mean optimizer.lr" in text
        await pilot.press("enter")
        assert pilot.app.screen is start and not (root / ".sweeps").exists()
