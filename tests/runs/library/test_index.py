"""The index of runs: always the truth, quickly."""

import os
import sqlite3
import time
from pathlib import Path

import pytest

from tests.ui.recorded import Recording, record_run
from workbench.runs.library.index import FILE, RunIndex
from workbench.runs.library.query import parse_query
from workbench.runs.library.row import RunRow
from workbench.runs.library.trash import TRASH, move_to
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record, write_record

LONG_AGO = (1_700_000_000, 1_700_000_000)


def small(name: str, status: str = "finished", lr: float = 0.1, **more: object) -> Recording:
    changes = (("optimizer.lr", lr), ("model.blocks", [2, 3, 3]))
    options = {"epochs": 4, "steps_per_epoch": 5, "done": 4.0, "changes": changes, **more}
    return Recording(name=name, status=status, **options)  # type: ignore[arg-type]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    record_run(tmp_path, small("one", lr=0.2))
    record_run(tmp_path, small("two", "stopped", done=2.0))
    for path in tmp_path.iterdir():
        os.utime(path, LONG_AGO)
    return tmp_path


def row(index: RunIndex, run: str) -> RunRow:
    return next(row for row in index.rows() if row.id == run)


def test_a_row_says_what_the_files_say(root: Path) -> None:
    index = RunIndex(root)
    assert index.refresh()
    one = row(index, "one")
    record = read_record(RunFolder(root / "one").record)
    assert (one.status, one.val) == ("finished", record["result"]["best_val_accuracy"])
    assert one.changes == "blocks 2-3-3, lr 0.2"
    assert one.preset == "resnet/resnet-5m-cifar10"
    assert (one.epoch, one.epochs, one.progress) == (4, 4, 1.0)
    assert len(one.curve) == 4
    assert row(index, "two").progress == 0.5


def test_what_is_known_is_not_read_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = RunIndex(root)
    first.refresh()
    rows = sorted(first.rows())
    first.close()
    again = RunIndex(root)
    monkeypatch.setattr(RunIndex, "_read", lambda *_: pytest.fail("read again"))
    assert not again.refresh()
    assert sorted(again.rows()) == rows


def test_a_long_look_shows_the_newest_first_and_keeps_what_it_has_when_it_is_cut_short(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.runs.library.index.TELL", 0.0)
    os.utime(root / "one", (LONG_AGO[0] + 60, LONG_AGO[1] + 60))
    seen: list[tuple[int, int, list[str]]] = []
    index = RunIndex(root)

    def cut_short(done: int, total: int) -> None:
        seen.append((done, total, [row.id for row in index.rows()]))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        index.refresh(cut_short)
    assert seen == [(1, 2, ["one"])]
    index.close()
    assert [row.id for row in RunIndex(root).rows()] == ["one"]


def test_changes_additions_and_losses_are_seen(root: Path) -> None:
    index = RunIndex(root)
    index.refresh()
    folder = RunFolder(root / "two")
    record = read_record(folder.record)
    write_record(folder.record, {**record, "run": {**record["run"], "status": "finished"}})
    record_run(root, small("three"))
    move_to(RunFolder(root / "one"), TRASH)
    assert index.refresh()
    assert {r.id: r.status for r in index.rows()} == {"two": "finished", "three": "finished"}


def test_a_change_within_the_same_tick_is_seen_too(root: Path) -> None:
    index = RunIndex(root)
    folder = RunFolder(root / "two")
    now = time.time()
    os.utime(folder.path, (now, now))
    index.refresh()
    record = read_record(folder.record)
    write_record(folder.record, {**record, "run": {**record["run"], "status": "finished"}})
    os.utime(folder.path, (now, now))
    index.refresh()
    assert row(index, "two").status == "finished"


def test_a_live_run_is_followed_and_a_crash_is_noticed(root: Path) -> None:
    folder = record_run(root, small("live", "running", done=2.0))
    index = RunIndex(root)
    index.refresh()
    assert row(index, "live").status == "running"
    with folder.metrics.open("ab") as file:
        file.write(b'{"event":"step","time":1,"step":15,"epoch":3,"loss":1}\n')
    assert index.refresh()
    assert row(index, "live").epoch == 3
    record = read_record(folder.record)
    write_record(folder.record, {**record, "run": {**record["run"], "pid_started": "1"}})
    index.refresh()
    assert row(index, "live").status == "crashed"
    assert not index.refresh() or row(index, "live").status == "crashed"


def test_filters_reach_columns_and_configuration(root: Path) -> None:
    index = RunIndex(root)
    index.refresh()

    def found(text: str) -> list[str]:
        return sorted(r.id for r in index.select(parse_query(text, index.keys())))

    assert found("") == ["one", "two"]
    assert found("status:finished") == ["one"]
    assert found("lr>0.15") == ["one"]
    assert found("model.blocks:2-3-3 -one") == ["two"]
    assert found("optimizer.nesterov=false") == ["one", "two"]
    assert found("train.epochs=10 data=cifar10") == ["one", "two"]


def test_a_damaged_index_is_begun_anew(root: Path) -> None:
    (root / FILE).write_bytes(b"this is no database" * 100)
    index = RunIndex(root)
    index.refresh()
    assert len(index.rows()) == 2


def test_rows_of_another_version_are_read_again(root: Path) -> None:
    index = RunIndex(root)
    index.refresh()
    index.close()
    with sqlite3.connect(root / FILE) as store:
        store.execute("UPDATE runs SET row = '[1,2]'")
    again = RunIndex(root)
    again.refresh()
    assert len(again.rows()) == 2


def test_without_a_runs_directory_there_is_no_run_and_nothing_is_made(tmp_path: Path) -> None:
    index = RunIndex(tmp_path / "none")
    assert not index.refresh()
    assert index.rows() == []
    assert not (tmp_path / "none").exists()


def test_a_run_with_unreadable_files_is_listed_all_the_same(root: Path) -> None:
    bad = root / "bad"
    bad.mkdir()
    (bad / "config.toml").write_text("[model\n")
    (bad / "record.toml").write_bytes(b"\xff\xfe")
    (bad / "metrics.jsonl").write_bytes(b"\x00" * 1000)
    (root / "empty").mkdir()
    index = RunIndex(root)
    index.refresh()
    assert row(index, "bad").status == "crashed"
    assert "empty" not in {r.id for r in index.rows()}
