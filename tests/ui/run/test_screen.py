"""The Run screen, driven by keys and seen in images."""

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.ui.harness import ScreenApp, panel, settle, text_of
from tests.ui.recorded import Recording, record_run, write_layers
from workbench.runs.live.control import RequestReader
from workbench.runs.store.events import EventWriter
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record, write_record
from workbench.ui.dialogs import Confirm
from workbench.ui.run.classes import ClassesPanel
from workbench.ui.run.header import RunHeader
from workbench.ui.run.layers import LayersPanel
from workbench.ui.run.log import LogPanel
from workbench.ui.run.plots import RunPlot
from workbench.ui.run.screen import TITLES, RunScreen
from workbench.ui.run.status_line import StatusLine
from workbench.ui.runs.screen import RunsScreen
from workbench.ui.widgets.lines import Lines
from workbench.ui.widgets.message import MessageLine

SMALL = Recording(steps_per_epoch=20)
SIZES = [(80, 24), (160, 48)]


@pytest.fixture
def running(tmp_path: Path) -> RunFolder:
    folder = record_run(tmp_path, SMALL)
    write_layers(folder)
    return folder


def app_on(folder: RunFolder) -> ScreenApp:
    return ScreenApp(folder.path.parent, folder)


def shown(pilot: Pilot[None]) -> set[str]:
    """Ids of the plots and panels in view."""
    parts = [*pilot.app.screen.query(RunPlot), *pilot.app.screen.query(".panel")]
    return {str(part.id) for part in parts if part.display and part.region.area}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("keys", ["", "2", "3", "4", "7", "vl"], ids=lambda keys: keys or "first")
def test_image(snap_compare: Any, running: RunFolder, size: tuple[int, int], keys: str) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press(*keys)
        await pilot.pause(0.05)

    assert snap_compare(app_on(running), terminal_size=size, run_before=drive)


@pytest.mark.parametrize("size", SIZES)
def test_image_of_a_failure(snap_compare: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    error = "out of memory: 2.1 GiB asked, 0.4 GiB free; train.batch_size 64 would fit [bold]x[/]"
    recording = Recording(
        steps_per_epoch=20, done=12.2, status="failed", error=error, empty_class="cat"
    )
    folder = record_run(tmp_path, recording)

    async def drive(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press("2")
        await pilot.pause(0.05)

    assert snap_compare(app_on(folder), terminal_size=size, run_before=drive)


async def test_what_fits_where(running: RunFolder) -> None:
    async with app_on(running).run_test(size=(160, 48)) as pilot:
        await settle(pilot)
        assert shown(pilot) == {"plot-loss", "plot-accuracy", "panel-classes"}
        await pilot.press("z")
        await pilot.pause()
        assert shown(pilot) == {"plot-loss", "panel-classes"}
        await pilot.press("a", "1")
        await pilot.pause()
        assert shown(pilot) == {"plot-accuracy"}
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        await pilot.press("tab")
        await pilot.pause()
        assert shown(pilot) == {"panel-classes"}
        await pilot.press("shift+tab", "shift+tab")
        await pilot.pause()
        assert shown(pilot) == {f"panel-{TITLES[-1].lower()}"}


async def test_a_tab_is_chosen_by_a_click(running: RunFolder) -> None:
    async with app_on(running).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.click("#run-tabs", offset=(14, 0))
        await pilot.pause()
        assert shown(pilot) == {"panel-classes"}


async def test_new_events_are_shown_and_nothing_is_touched_without_any(
    running: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app_on(running).run_test(size=(160, 48)) as pilot:
        await settle(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, RunScreen)
        screen._poll()
        await pilot.pause()
        refreshed: list[str] = []
        refresh = Lines.refresh

        def noted(self: Lines, *regions: Any, **options: Any) -> Any:
            refreshed.append(type(self).__name__)
            return refresh(self, *regions, **options)

        monkeypatch.setattr(Lines, "refresh", noted)
        for _ in range(4):
            screen._poll()
        await pilot.pause()
        assert refreshed == []
        writer = EventWriter(running.metrics)
        writer.add({"event": "step", "step": 749, "epoch": 38, "loss": 0.4, "lr": 0.05})
        writer.close()
        for _ in range(2):
            screen._poll()
        await pilot.pause()
        assert "749/3,000" in text_of(panel(pilot, RunHeader))
        assert set(refreshed) <= {RunHeader.__name__, StatusLine.__name__}


async def test_a_crashed_run_says_so_and_what_to_do(running: RunFolder) -> None:
    record = read_record(running.record)
    write_record(running.record, {**record, "run": {**record["run"], "pid_started": "1"}})
    async with app_on(running).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "crashed" in text_of(panel(pilot, RunHeader))
        message = text_of(panel(pilot, MessageLine))
        assert "is gone" in message
        assert "checkpoint" in message


async def test_pause_checkpoint_and_stop_are_asked_of_the_worker(running: RunFolder) -> None:
    worker = RequestReader(running)
    async with app_on(running).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("p")
        assert worker.read() == "pause"
        await pilot.press("c")
        assert worker.read() == "checkpoint"
        await pilot.press("s")
        await pilot.pause()
        assert isinstance(pilot.app.screen, Confirm)
        await pilot.press("n")
        await pilot.pause()
        assert worker.read() is None
        await pilot.press("s")
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause()
        assert worker.read() == "stop"


async def test_what_cannot_be_done_is_said_and_no_crash(tmp_path: Path) -> None:
    folder = record_run(tmp_path, Recording(steps_per_epoch=5, epochs=3, done=3, status="finished"))
    async with app_on(folder).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("p", "c")
        await pilot.pause()
        said = [note.message for note in pilot.app._notifications]
        assert any("finished" in text for text in said)
        assert len(said) == 2


async def test_back_leads_to_the_runs_and_the_run_goes_on(running: RunFolder) -> None:
    worker = RequestReader(running)
    async with app_on(running).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("q")
        await pilot.pause()
        assert isinstance(pilot.app.screen, RunsScreen)
    assert worker.read() is None


async def test_a_run_without_any_event_says_what_it_waits_for(tmp_path: Path) -> None:
    folder = record_run(tmp_path, SMALL)
    folder.metrics.unlink()
    async with app_on(folder).run_test(size=(80, 24)) as pilot:
        await pilot.pause(0.1)
        loss = pilot.app.screen.query_one("#plot-loss", RunPlot)
        assert "waiting for the first step" in text_of(loss)


async def test_a_long_history_is_read_beside_the_screen(tmp_path: Path) -> None:
    folder = record_run(tmp_path, Recording(steps_per_epoch=400, epochs=30, done=29))
    assert folder.metrics.stat().st_size > 1 << 20
    async with app_on(folder).run_test(size=(160, 48)) as pilot:
        await settle(pilot)
        assert "11,600/12,000" in text_of(panel(pilot, RunHeader))
        assert not panel(pilot, MessageLine).display


async def test_hostile_files_do_not_bring_the_screen_down(tmp_path: Path) -> None:
    folder = record_run(tmp_path, Recording(steps_per_epoch=5, epochs=3, done=2))
    folder.metrics.write_bytes(
        b'{"event":"start","classes":["[bold]\\u001b[2J"],"epochs":1e308,"steps":-5}\n'
        b'{"event":"step","step":99999999999999999999,"epoch":-1,"loss":1e308}\n'
        b'{"event":"epoch","epoch":1,"per_class":{"\\u001b]0;x":{"correct":5,"total":-1}},'
        b'"val_accuracy":1e9,"confusion":[[1]]}\n' + bytes(range(256)) * 50
    )
    folder.config.write_text("not toml [")
    folder.log.write_bytes(bytes(range(256)) * 50)
    (folder.path / "layers.json").write_text('{"layers": 3}')
    async with app_on(folder).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for key in "12345671":
            await pilot.press(key)
            await pilot.pause(0.02)
        assert isinstance(pilot.app.screen, RunScreen)


async def test_the_log_follows_its_end(running: RunFolder) -> None:
    async with app_on(running).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press(str(TITLES.index("Log") + 1))
        await pilot.pause()
        with running.log.open("a") as log:
            log.write("".join(f"line {n}\n" for n in range(100)))
        screen = pilot.app.screen
        assert isinstance(screen, RunScreen)
        screen._poll()
        await pilot.pause(0.1)
        log_panel = panel(pilot, LogPanel)
        assert text_of(log_panel).endswith("line 99")
        assert log_panel.scroll_offset.y == log_panel.max_scroll_y > 0


async def test_many_classes_are_scrolled(tmp_path: Path) -> None:
    names = tuple(f"class {n:03}" for n in range(100))
    folder = record_run(tmp_path, Recording(steps_per_epoch=4, epochs=3, done=2, classes=names))
    async with app_on(folder).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("2", "pagedown", "j")
        await pilot.pause()
        assert panel(pilot, ClassesPanel).scroll_offset.y == 13


async def test_o_sorts_the_layers_and_nothing_else(running: RunFolder) -> None:
    async with app_on(running).run_test(size=(160, 48)) as pilot:
        await settle(pilot)
        await pilot.press("4")
        layers = pilot.app.screen.query_one(LayersPanel)
        turns = []
        for _ in range(4):
            await pilot.press("o")
            turns.append(text_of(layers).splitlines()[0].split())
        marked = [[name for name in turn if name[-1] in "▲▼"] for turn in turns]
        assert marked == [["params▼"], ["MACs▼"], ["name▲"], []]
        await pilot.press("2", "o", "4")
        assert "▼" not in text_of(layers)
