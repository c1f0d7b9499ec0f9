"""The coordinator over scripted workers: places, retries, stops, and being killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import tomli

from workbench.errors import RequestError
from workbench.runs.live.launch import write_launch
from workbench.runs.live.process import ProcessIdentity
from workbench.runs.store.folder import RunFolder, list_folders
from workbench.runs.store.record import read_record
from workbench.sweeps import coordinator as module
from workbench.sweeps.config import Budget, build_sweep
from workbench.sweeps.coordinator import Coordinator, Listener, Rules
from workbench.sweeps.folder import SweepFolder, open_sweep, read_note
from workbench.sweeps.plan import plan
from workbench.sweeps.results import result_table
from workbench.sweeps.source import Planned

SWEEP = build_sweep(
    tomli.loads('preset = "quick/digits"\n[grid]\noptimizer.lr = [0.1, 0.2, 0.3, 0.4]')
)
SCRIPT = Path(__file__).parents[1] / "cli" / "scripted_worker.py"


@pytest.fixture
def folder(tmp_path: Path) -> SweepFolder:
    return open_sweep("s", tmp_path / "runs")


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, list[str]]]:
    """Scripted workers in place of real ones: which runs get ``how`` on each start, by variant."""
    children: list[subprocess.Popen[bytes]] = []
    script: dict[str, list[str]] = {}

    def start(run: RunFolder) -> int:
        note = read_note(run)
        assert note is not None
        left = script.get(note.variant, [])
        how = left.pop(0) if left else "finish"
        with run.log.open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, SCRIPT, run.path, how], stdout=log, stderr=log
            )
        children.append(child)
        write_launch(run, ProcessIdentity.of(child.pid))
        return child.pid

    monkeypatch.setattr(module, "start_worker", start)
    monkeypatch.setattr(module, "INTERVAL", 0.05)
    monkeypatch.setattr(module, "reap", lambda: [child.poll() for child in children])
    yield script
    for child in children:
        child.kill()
        child.wait()


def coordinate(
    folder: SweepFolder, jobs: int = 1, wants_stop: Callable[[], bool] = lambda: False
) -> Coordinator:
    sweep = SWEEP.model_copy(update={"jobs": jobs})
    one = Coordinator(folder, sweep, Planned(plan(sweep, "s")))
    one.work(wants_stop)
    return one


def test_every_run_is_trained_once(folder: SweepFolder, workers: dict[str, list[str]]) -> None:
    first = coordinate(folder, jobs=2)
    again = coordinate(folder)
    assert len(first.finished) == len(again.finished) == 4 and not first.failed
    assert len(list_folders(folder.runs_dir)) == 4
    starts = [read_record(run.record)["run"]["started"] for run in list_folders(folder.runs_dir)]
    assert again.done == len(starts)


def test_never_more_at_a_time_than_there_are_places(
    folder: SweepFolder, workers: dict[str, list[str]]
) -> None:
    seen: list[int] = []
    sweep = SWEEP.model_copy(update={"jobs": 2})
    listener = Listener(show=lambda coordinator: seen.append(len(coordinator.live)))
    Coordinator(folder, sweep, Planned(plan(sweep, "s")), listener=listener).work()
    assert max(seen) == 2


def test_a_crash_gets_one_retry_and_a_second_one_is_listed(
    folder: SweepFolder, workers: dict[str, list[str]]
) -> None:
    workers["lr 0.2"] = ["crash"]
    workers["lr 0.3"] = ["fail", "crash", "finish"]
    done = coordinate(folder)
    assert len(done.finished) == 3
    (failed,) = done.failed
    assert "lr-0.3" in failed and "a library fell over" in done.failed[failed]
    note = read_note(RunFolder(folder.runs_dir / failed))
    assert note is not None and note.retries == 1
    assert coordinate(folder).failed.keys() == done.failed.keys()  # not tried a third time


def test_resume_gives_a_failed_run_another_chance(
    folder: SweepFolder, workers: dict[str, list[str]]
) -> None:
    workers["lr 0.3"] = ["fail", "fail"]
    assert len(coordinate(folder).failed) == 1
    again = Coordinator(folder, SWEEP, Planned(plan(SWEEP, "s")), Rules(retry_failed=True))
    again.work()
    assert not again.failed and len(again.finished) == 4


def test_a_stop_ends_the_live_run_and_starts_no_other(
    folder: SweepFolder, workers: dict[str, list[str]]
) -> None:
    workers["lr 0.1"] = ["until asked"]

    def stop() -> bool:
        return any(run.metrics.exists() for run in list_folders(folder.runs_dir))

    stopped = coordinate(folder, wants_stop=stop)
    assert stopped.stopping and list(stopped.left.values()) == ["stopped"]
    assert len(list_folders(folder.runs_dir)) == 1
    assert len(coordinate(folder).finished) == 4  # the stopped one is resumed


def test_a_second_coordinator_is_refused(
    folder: SweepFolder, workers: dict[str, list[str]]
) -> None:
    workers["lr 0.1"] = ["until asked"]
    leave = threading.Event()
    first = threading.Thread(target=coordinate, args=(folder, 1, leave.is_set))
    first.start()
    try:
        while not folder.is_coordinated or not list_folders(folder.runs_dir):
            time.sleep(0.01)
        with pytest.raises(RequestError, match="another process"):
            coordinate(folder)
    finally:
        leave.set()
        first.join()


def test_used_up_hours_leave_the_rest_out(
    folder: SweepFolder, workers: dict[str, list[str]]
) -> None:
    sweep = SWEEP.model_copy(update={"budget": Budget(hours=2 / 3600)})  # a run takes 1.5 s
    one = Coordinator(folder, sweep, Planned(plan(sweep, "s")))
    one.work()
    assert len(one.finished) == 2 and len(one.left) == 2
    assert all("hours is used up" in why for why in one.left.values())


def test_networks_over_the_budget_are_left_out(
    folder: SweepFolder, workers: dict[str, list[str]]
) -> None:
    sweep = SWEEP.model_copy(update={"budget": Budget(params=1000)})
    runs = plan(sweep, "s")
    large = Coordinator(
        folder,
        sweep,
        Planned(runs),
        Rules(over_budget=lambda config: config.optimizer.lr > 0.25),
    )
    large.work()
    assert len(large.finished) == 2 and large.left.keys() == {run.id for run in runs[2:]}
    assert len(list_folders(folder.runs_dir)) == 2


def test_the_table_has_a_row_a_variant_and_marks_the_best(
    folder: SweepFolder, workers: dict[str, list[str]]
) -> None:
    sweep = SWEEP.model_copy(update={"seeds": [0, 1]})
    runs = plan(sweep, "s")[:4]
    Coordinator(folder, sweep, Planned(runs)).work()
    better = RunFolder(folder.runs_dir / runs[2].id).record
    better.write_text(better.read_text().replace("0.8", "0.9"))
    table = result_table(sweep, plan(sweep, "s"), folder.runs_dir)
    assert [row.variant for row in table.rows] == [f"lr 0.{n}" for n in (1, 2, 3, 4)]
    assert [row.best for row in table.rows] == [False, True, False, False]
    best = table.rows[1].cells["best_val_accuracy"]
    assert best.value == pytest.approx(0.85) and best.std == pytest.approx(0.0707, abs=1e-4)
    assert table.rows[3].statuses == ("", "") and table.rows[3].cells["params"].value is None


@pytest.mark.timeout(400)  # real trainings, on however busy a machine
def test_killed_and_started_again_it_repeats_and_loses_nothing(tmp_path: Path) -> None:
    """With real workers: the coordinator is killed while its first run trains."""
    file = tmp_path / "three.toml"
    file.write_text(
        'preset = "quick/digits"\nset.train.epochs = 1\nset.train.batch_size = 256\n'
        "set.model.width = 4\n[grid]\ntrain.seed = [0, 1]\n"
    )
    runs = tmp_path / "runs"
    command = [sys.executable, "-m", "workbench", "sweep", file, "--runs-dir", runs]
    first = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    while not any(runs.glob("*/record.toml")):
        time.sleep(0.05)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert subprocess.run([*command, "--json"], stdout=subprocess.PIPE, check=True).stdout
    records = [read_record(run.record)["run"] for run in list_folders(runs)]
    assert [record["status"] for record in records] == ["finished"] * 2
    assert [record["workers"] for record in records] == [1, 1]
