"""The Runs screen, driven by keys and seen in images."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from tests.ui.harness import ScreenApp, settle
from tests.ui.recorded import Recording, record_run
from workbench.errors import RequestError
from workbench.runs.library.index import RunIndex
from workbench.runs.library.row import RunRow
from workbench.runs.library.tags import read_notes
from workbench.runs.live.control import RequestReader
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record, write_record
from workbench.runs.store.roots import add_root
from workbench.ui.run.screen import RunScreen
from workbench.ui.runs.columns import COLUMNS, LEAD, column_at, layout, row_line, sort_rows
from workbench.ui.runs.preview import RunPreview
from workbench.ui.runs.run_list import RunHeading, RunList
from workbench.ui.runs.screen import RunsScreen
from workbench.ui.widgets.lines import Lines, plain

RUNS = (
    Recording(name="adam-x7k2", changes=(("optimizer.kind", "adam"),), peak=0.9, seed=1),
    Recording(name="blocks-m3n4", changes=(("model.blocks", [2, 3, 3]),), peak=0.91, seed=2),
    Recording(name="best-p5q6", changes=(("optimizer.lr", 0.02),), peak=0.95, seed=3),
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    folder = tmp_path / "runs"
    for n, recording in enumerate(RUNS):
        short = {"epochs": 12, "steps_per_epoch": 10, "done": 12.0, "status": "finished"}
        run = record_run(folder, Recording(**{**vars(recording), **short}))
        record = read_record(run.record)
        started = f"2026-03-0{n + 1}T09:30:00+00:00"
        write_record(run.record, {**record, "run": {**record["run"], "started": started}})
    error = "loss is not finite at step 61; a lower optimizer.lr may help [red]"
    recording = Recording(name="wild-r7s8", epochs=12, steps_per_epoch=10, done=6.0)
    record_run(folder, Recording(**{**vars(recording), "status": "failed", "error": error}))
    record_run(folder, Recording(epochs=12, steps_per_epoch=10, done=3.0))
    return folder


def names(pilot: Pilot[None]) -> list[str]:
    return [row.id for row in pilot.app.screen.query_one(RunList).rows]


def preview(pilot: Pilot[None]) -> str:
    return "\n".join(plain(line) for line in pilot.app.screen.query_one(RunPreview).lines)


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
def test_image(snap_compare: Any, root: Path, size: tuple[int, int]) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        await settle(pilot)
        await pilot.press("space", "j")
        await pilot.pause(0.05)

    assert snap_compare(ScreenApp(root), terminal_size=size, run_before=drive)


async def test_without_runs_it_says_what_to_do(tmp_path: Path) -> None:
    async with ScreenApp(tmp_path / "none").run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "Choose a preset (F2)" in preview(pilot)
        await pilot.press("enter", "space", "s", "d", "p", "j", "G", "u")
        await pilot.pause()
        assert isinstance(pilot.app.screen, RunsScreen)


async def test_a_first_look_shows_its_rows_and_how_far_it_is_before_it_is_through(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.runs.library.index.TELL", 0.0)
    read, go_on = RunIndex._read, threading.Event()

    def slow_at_the_third(index: RunIndex, run: str, mark: int) -> str:
        if len(index.rows()) == 2:
            go_on.wait(20)
        return read(index, run, mark)

    monkeypatch.setattr(RunIndex, "_read", slow_at_the_third)
    async with ScreenApp(root).run_test(size=(80, 24)) as pilot:
        try:
            for _ in range(200):
                await pilot.pause(0.02)
                if len(names(pilot)) == 2:
                    break
            assert "reading the runs 2/5" in preview(pilot)
            assert len(names(pilot)) == 2
        finally:
            go_on.set()
        await settle(pilot)
        assert len(names(pilot)) == 5
        assert "reading" not in preview(pilot)


async def test_sorting_by_keys_and_by_a_click_on_a_title(root: Path) -> None:
    async with ScreenApp(root).run_test(size=(160, 48)) as pilot:
        await settle(pilot)
        assert names(pilot)[:3] == ["best-p5q6", "blocks-m3n4", "adam-x7k2"]
        await pilot.press("r")
        assert names(pilot)[-1] == "best-p5q6"
        columns = layout(160)
        at = next(x for x in range(160) if column_at(columns, x, 160) == "val")
        await pilot.click("#runs-heading", offset=(at + 4, 0))
        await pilot.pause()
        assert names(pilot)[0] == "best-p5q6"
        await pilot.press("o")
        await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, RunsScreen)
        assert screen._listing.sort == "test"
        assert names(pilot)[-1] in ("wild-r7s8", "resnet-5m-cifar10-a1b2")


async def test_the_filter_works_as_one_types_and_explains_itself(root: Path) -> None:
    async with ScreenApp(root).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("slash", *"adam")
        await pilot.pause()
        assert names(pilot) == ["adam-x7k2"]
        field = pilot.app.screen.query_one(Input)
        field.value = "optimizer.kind=adam status:fin"
        await pilot.pause()
        assert names(pilot) == ["adam-x7k2"]
        field.value = "stauts:x"
        await pilot.pause()
        assert "did you mean status?" in preview(pilot)
        assert names(pilot) == ["adam-x7k2"]
        field.value = "nothing-like-it"
        await pilot.pause()
        assert "No run matches" in preview(pilot)
        await pilot.press("enter", "escape")
        await pilot.pause()
        assert len(names(pilot)) == 5


async def test_enter_opens_the_run_under_the_cursor(root: Path) -> None:
    async with ScreenApp(root).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("j", "enter")
        await settle(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, RunScreen)
        assert screen.folder.id == "blocks-m3n4"


async def test_the_cursor_stays_with_its_run(root: Path) -> None:
    async with ScreenApp(root).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        runs = pilot.app.screen.query_one(RunList)
        await pilot.press("j", "r")
        assert runs.current is not None
        assert runs.current.id == "blocks-m3n4"


async def test_delete_asks_and_can_be_undone(root: Path) -> None:
    async with ScreenApp(root).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("d")
        await pilot.pause()
        await pilot.press("n")
        await pilot.pause()
        assert (root / "best-p5q6").exists()
        await pilot.press("d")
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause(0.2)
        assert not (root / "best-p5q6").exists()
        assert "best-p5q6" not in names(pilot)
        await pilot.press("u")
        await pilot.pause(0.2)
        assert (root / "best-p5q6").exists()
        assert "best-p5q6" in names(pilot)


async def test_marked_runs_are_stopped_together_and_refusals_are_said(root: Path) -> None:
    live = record_run(root, Recording(name="other-live", epochs=12, steps_per_epoch=10, done=3))
    workers = [RequestReader(live)]
    async with ScreenApp(root).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        runs = pilot.app.screen.query_one(RunList)
        runs.marked = {(str(root), "other-live"), (str(root), "adam-x7k2")}
        await pilot.press("s")
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause(0.1)
        assert [worker.read() for worker in workers] == ["stop"]
        assert any("finished" in note.message for note in pilot.app._notifications)


async def test_a_run_that_goes_on_refreshes_its_own_row_only(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ScreenApp(root).run_test(size=(160, 48)) as pilot:
        await settle(pilot)
        runs = pilot.app.screen.query_one(RunList)
        place = names(pilot).index("resnet-5m-cifar10-a1b2")
        regions: list[Any] = []
        refresh = Lines.refresh

        def noted(self: Lines, *changed: Any, **options: Any) -> Any:
            if self is runs:
                regions.extend(changed)
            return refresh(self, *changed, **options)

        monkeypatch.setattr(Lines, "refresh", noted)
        with (root / "resnet-5m-cifar10-a1b2" / "metrics.jsonl").open("ab") as file:
            file.write(b'{"event":"step","step":60,"epoch":6,"loss":1,"lr":0.1}\n')
        screen = pilot.app.screen
        assert isinstance(screen, RunsScreen)
        screen._refresh_index()
        await pilot.app.workers.wait_for_complete()
        await pilot.pause(0.1)
        assert {region.y for region in regions} == {place}
        assert "50 %" in plain(runs.line_at(place))


@pytest.fixture
def disk(root: Path, tmp_path: Path) -> Path:
    """Another runs directory, with a run whose id is taken in one's own."""
    disk = tmp_path / "disk"
    record_run(disk, Recording(name="far-t9u2", epochs=12, steps_per_epoch=10, done=3.0))
    done = {"epochs": 12, "steps_per_epoch": 10, "done": 12.0, "status": "finished"}
    record_run(disk, Recording(**{**vars(RUNS[0]), **done}))
    add_root(root, disk)
    return disk


def see(pilot: Pilot[None], root: Path, run: str) -> None:
    """Put the cursor on a run."""
    runs = pilot.app.screen.query_one(RunList)
    runs.move([row.key for row in runs.rows].index((str(root), run)))


async def looked_again(pilot: Pilot[None]) -> None:
    screen = pilot.app.screen
    assert isinstance(screen, RunsScreen)
    screen._refresh_index()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause(0.05)


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
def test_image_of_two_roots(
    snap_compare: Any, root: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    for name in ("disk", "gone"):
        (tmp_path / name).mkdir()
        add_root(root, tmp_path / name)
    (tmp_path / "gone").rmdir()
    record_run(tmp_path / "disk", Recording(name="far-t9u2", epochs=12, steps_per_epoch=9, done=3))

    async def drive(pilot: Pilot[None]) -> None:
        await settle(pilot)
        pilot.app.screen.query_one("#runs-absent", Static).update(" ! skipped: /disk is not there")

    assert snap_compare(ScreenApp(root), terminal_size=size, run_before=drive)


async def test_runs_of_all_roots_are_listed_with_their_root(root: Path, disk: Path) -> None:
    async with ScreenApp(root).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert len(names(pilot)) == 7 and names(pilot).count("adam-x7k2") == 2
        heading = plain(pilot.app.screen.query_one(RunHeading).lines[0])
        at = heading.index("root")
        runs = pilot.app.screen.query_one(RunList)
        shown = {row.key: plain(runs.line_at(y))[at:].split()[0] for y, row in enumerate(runs.rows)}
        assert shown[str(disk), "far-t9u2"] == "disk"
        assert shown[str(root), "adam-x7k2"] == "runs"
        assert shown[str(disk), "adam-x7k2"] == "disk"
        await pilot.press("slash", *"root:disk")
        await pilot.pause()
        assert {row.root for row in runs.rows} == {str(disk)}


async def test_keys_work_on_a_run_of_another_root(root: Path, disk: Path) -> None:
    async with ScreenApp(root).run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        see(pilot, disk, "far-t9u2")
        await pilot.press("f")
        await pilot.app.workers.wait_for_complete()
        assert read_notes(RunFolder(disk / "far-t9u2")).star
        worker = RequestReader(RunFolder(disk / "far-t9u2"))
        await pilot.press("p")
        assert worker.read() == "pause"
        see(pilot, disk, "adam-x7k2")
        await pilot.press("d")
        await pilot.pause()
        await pilot.press("y")
        await pilot.pause(0.2)
        assert (root / "adam-x7k2").exists()
        assert (disk / ".trash" / "adam-x7k2").exists()
        await pilot.press("u")
        await pilot.pause(0.2)
        assert (disk / "adam-x7k2").exists()


async def test_runs_of_one_name_are_opened_each_for_itself(root: Path, disk: Path) -> None:
    async with ScreenApp(root).run_test(size=(80, 24)) as pilot:
        for each in (root, disk):
            await settle(pilot)
            see(pilot, each, "adam-x7k2")
            await pilot.press("enter")
            await settle(pilot)
            screen = pilot.app.screen
            assert isinstance(screen, RunScreen) and screen.folder.path == each / "adam-x7k2"
            await pilot.press("f4")


async def test_a_root_that_goes_away_is_said_and_the_others_stay(
    root: Path, disk: Path, tmp_path: Path
) -> None:
    async with ScreenApp(root).run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        line = pilot.app.screen.query_one("#runs-absent", Static)
        assert not line.display
        disk.rename(tmp_path / "elsewhere")
        await looked_again(pilot)
        assert len(names(pilot)) == 5
        assert line.display and f"{disk} is not there now" in str(line.render())
        (tmp_path / "elsewhere").rename(disk)
        await looked_again(pilot)
        assert len(names(pilot)) == 7 and not line.display


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160, 220])
def test_rows_fill_their_width_and_columns_stand_below_their_titles(width: int) -> None:
    row = RunRow("r" * 40, "running", val=0.9, test=0.5, params=5, curve=(0.1, 0.9), started="?")
    columns = layout(width)
    line = row_line(row, columns, width, marked=True, cursor=False)
    assert len(plain(line)) == width
    keys = [column_at(columns, x, width) for x in range(LEAD, width - 2)]
    assert list(dict.fromkeys(key for key in keys if key not in (None, "status"))) == [
        column.key for column in columns
    ]
    assert {column.key for column in columns} <= {column.key for column in COLUMNS}


@pytest.mark.parametrize("key", [column.key for column in COLUMNS] + ["status"])
def test_every_column_sorts_with_missing_values_last(key: str) -> None:
    rows = [
        RunRow(
            "b", "finished", val=0.5, test=0.1, params=1, macs=1, speed=1, time=1, started="2026"
        ),
        RunRow("a", "stopped"),
        RunRow(
            "c", "running", val=0.7, test=0.9, params=9, macs=9, speed=9, time=9, started="2027"
        ),
    ]
    for descending in (True, False):
        ordered = [row.id for row in sort_rows(rows, key, descending)]
        assert sorted(ordered) == ["a", "b", "c"]
        if key in ("val", "test", "params", "macs", "speed", "time"):
            assert ordered == (["c", "b", "a"] if descending else ["b", "c", "a"])


async def test_a_runs_directory_that_cannot_be_read_is_said(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: RunIndex, report: Any = None) -> bool:
        raise RequestError(f"{self.root}: cannot be read: permission denied")

    monkeypatch.setattr(RunIndex, "refresh", refuse)
    async with ScreenApp(root).run_test(size=(100, 30)) as pilot:
        for _ in range(100):
            await pilot.pause(0.02)
            if notices := [note.message for note in pilot.app._notifications]:
                break
        assert notices[0] == f"{root}: cannot be read: permission denied"
