"""What place.toml and launch.toml say of a job, and what a stranger may have written there."""

from dataclasses import replace
from pathlib import Path

import pytest
import tomli_w

from workbench.errors import RunError
from workbench.runs.places import placed as module
from workbench.runs.places.job import JobState
from workbench.runs.places.placed import (
    Begun,
    Placed,
    ask_waiting,
    place_now,
    place_of,
    read_begun,
    read_placed,
    sent,
)
from workbench.runs.store.folder import RunFolder

ASKED = {"partition": "test", "nodes": 2, "setup": ["module load cuda"]}


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    path = tmp_path / "run"
    path.mkdir()
    return RunFolder(path)


def begin(folder: RunFolder, begun: Begun) -> None:
    folder.launch.write_text(tomli_w.dumps({"pid": 7, "job": begun.as_table()}))


def test_what_is_written_is_read_back(folder: RunFolder) -> None:
    job = sent("gpu", "slurm", "12", ASKED)
    job.write(folder)
    assert read_placed(folder) == job
    begun = Begun("gpu", "slurm", "12", 3, ("a", "b"), again=True, known=False)
    begin(folder, begun)
    assert read_begun(folder) == begun


def test_a_run_of_this_machine_has_no_place(folder: RunFolder) -> None:
    folder.launch.write_text("pid = 7\n")
    assert read_placed(folder) is None and read_begun(folder) is None
    assert place_of(folder) == place_now(folder) == {}


def test_the_record_gets_the_nodes_and_what_was_asked_for(folder: RunFolder) -> None:
    sent("gpu", "slurm", "12", ASKED).write(folder)
    waiting = {"name": "gpu", "kind": "slurm", "job": "12", "nodes": [], "partition": "test"}
    assert place_now(folder) == {**waiting, "setup": ["module load cuda"]}
    assert place_of(folder) == {}  # no worker yet
    begin(folder, Begun("gpu", "slurm", "12", 1, ("a", "b")))
    wanted = {**waiting, "nodes": ["a", "b"], "restarts": 1, "setup": ["module load cuda"]}
    assert place_of(folder) == place_now(folder) == wanted
    sent("other", "slurm", "13", {}).write(folder)  # resumed elsewhere: it waits
    assert place_now(folder) == {"name": "other", "kind": "slurm", "job": "13", "nodes": []}


@pytest.mark.parametrize(
    "table",
    [
        {},
        {"job": "--signal=KILL"},
        {"job": "12 13"},
        {"job": 12},
        {"job": ""},
        {"kind": "pbs"},
        {"kind": []},
        {"submitted": "now"},
        {"asked": 1},
        {"name": 1},
    ],
)
def test_a_stranger_s_file_names_no_job(folder: RunFolder, table: dict[str, object]) -> None:
    good = {"name": "gpu", "kind": "slurm", "job": "12", "submitted": 1.0}
    folder.place.write_text(tomli_w.dumps({**good, **table} if table else {}))
    assert read_placed(folder) is None
    folder.place.write_text(tomli_w.dumps(good))
    assert read_placed(folder) == Placed("gpu", "slurm", "12", 1.0)


@pytest.mark.parametrize(
    "job", [1, {}, {"place": 1}, {"restarts": "1"}, {"nodes": "a"}, {"nodes": [1]}]
)
def test_a_stranger_s_launch_has_no_job(folder: RunFolder, job: object) -> None:
    good = Begun("gpu", "slurm", "12", 0, ()).as_table()
    broken = {**good, **job} if isinstance(job, dict) and job else job
    folder.launch.write_text(tomli_w.dumps({"job": broken}))
    assert read_begun(folder) is None


def test_a_link_in_its_place_is_not_followed(folder: RunFolder, tmp_path: Path) -> None:
    sent("gpu", "slurm", "12", {}).write(folder)
    folder.place.rename(tmp_path / "elsewhere")
    folder.place.symlink_to(tmp_path / "elsewhere")
    assert read_placed(folder) is None


class Asked:
    """A scheduler that notes what it is asked."""

    def __init__(self, refuses: bool = False) -> None:
        self.calls: list[tuple[str, str]] = []
        self.refuses = refuses
        self.states: list[JobState] = []
        self.came_from: tuple[str, str] | None = None

    def origin(self, job: str) -> tuple[str, str] | None:
        return self.came_from

    def __getattr__(self, name: str) -> object:
        def call(job: str, submitted: float = 0.0) -> JobState:
            if self.refuses:
                raise RunError("scancel refused: Denied")
            self.calls.append((name, job))
            return self.states.pop(0) if self.states else JobState("waiting")

        return call


def test_requests_to_one_that_waits_go_to_the_scheduler(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = Asked()
    monkeypatch.setitem(module.SCHEDULERS, "slurm", scheduler)
    job = sent("gpu", "slurm", "12", {})
    ask_waiting(folder, job, "pause")
    assert read_placed(folder) == replace(job, held=True)
    ask_waiting(folder, replace(job, held=True), "run")
    assert read_placed(folder) == job
    ask_waiting(folder, job, "stop")
    assert read_placed(folder) == replace(job, stopped=True)
    asked = [("hold", "12"), ("release", "12"), ("state_now", "12"), ("cancel", "12")]
    assert scheduler.calls == asked
    with pytest.raises(RunError, match="nothing to checkpoint"):
        ask_waiting(folder, job, "checkpoint")


def test_one_between_two_starts_is_taken_back_as_soon_as_it_waits(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = Asked()
    scheduler.states = [JobState("ending"), JobState("ending"), JobState("waiting")]
    monkeypatch.setitem(module.SCHEDULERS, "slurm", scheduler)
    ask_waiting(folder, sent("gpu", "slurm", "12", {}), "stop")
    assert scheduler.calls == [*[("state_now", "12")] * 3, ("cancel", "12")]
    scheduler.states = [JobState("over", "CANCELLED")]
    ask_waiting(folder, sent("gpu", "slurm", "12", {}), "stop")
    assert scheduler.calls[-1] == ("state_now", "12")  # there is nothing left to cancel


def test_what_the_scheduler_refuses_changes_nothing(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(module.SCHEDULERS, "slurm", Asked(refuses=True))
    job = sent("gpu", "slurm", "12", {})
    job.write(folder)
    with pytest.raises(RunError, match="Denied"):
        ask_waiting(folder, job, "stop")
    assert read_placed(folder) == job


def test_a_stranger_s_folder_cannot_have_another_job_cancelled(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = Asked()
    monkeypatch.setitem(module.SCHEDULERS, "slurm", scheduler)
    mine = str(folder.path.parent)
    for origin in (("workbench-other", mine), ("workbench-run", "/elsewhere"), ("bash", mine)):
        scheduler.came_from = origin
        for request in ("stop", "pause", "run"):
            with pytest.raises(RunError, match=f"job 12 is not of run run: it is {origin[0]}"):
                ask_waiting(folder, sent("gpu", "slurm", "12", {}), request)
    assert scheduler.calls == []
    scheduler.came_from = ("workbench-run", mine)
    ask_waiting(folder, sent("gpu", "slurm", "12", {}), "pause")
    assert scheduler.calls == [("hold", "12")]
