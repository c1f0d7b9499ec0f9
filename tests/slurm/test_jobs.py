"""Runs at a place of SLURM, by really submitted jobs: told, stopped, cancelled, requeued, lost."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.slurm.cluster import Cluster
from tests.slurm.conftest import Command, settings
from workbench.errors import RunError
from workbench.runs.live.place_check import Verdict, check_place
from workbench.runs.live.status import read_status
from workbench.runs.places.config import find_place
from workbench.runs.places.placed import place_of
from workbench.runs.store.events import read_events
from workbench.runs.store.folder import RunFolder, find_run, runs_root
from workbench.runs.store.record import read_record

pytestmark = [pytest.mark.slurm, pytest.mark.timeout(120)]

EPOCHS = 20  # long enough to be interrupted, some seconds in all


def folder_of(run: str) -> RunFolder:
    return find_run(run, runs_root())


def job_of(folder: RunFolder) -> str:
    place = place_of(folder)
    return str(place["job"])


def steps(folder: RunFolder) -> list[int]:
    return [event["step"] for event in read_events(folder.metrics) if event["event"] == "step"]


def weights(folder: RunFolder) -> Any:
    return read_record(folder.record)["result"]["weights_sha256"]


def is_now(folder: RunFolder, *names: str) -> bool:
    return read_status(folder).name in names


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The hash of the weights of the same run, trained on this machine."""
    root = tmp_path_factory.mktemp("here")
    environment = {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "WORKBENCH_STATE": str(root / "state"),
        "WORKBENCH_RUNS": str(root / "runs"),
    }
    arguments = ["train", "quick/digits", "--name", "one", *settings(train__epochs=EPOCHS)]
    program = [sys.executable, "-P", "-m", "workbench"]
    subprocess.run([*program, *arguments], env=environment, check=True, capture_output=True)
    return str(weights(RunFolder(root / "runs" / "one")))


def test_a_run_there_comes_to_the_weights_of_one_here(
    cluster: Cluster, command: Command, here: str
) -> None:
    changes = settings(train__epochs=EPOCHS)
    command("train", "quick/digits", "--place", "gpu", "--name", "one", "--detach", *changes)
    folder = folder_of("one")
    assert is_now(folder, "queued", "starting")  # its worker loads, at most
    cluster.until(lambda: is_now(folder, "running"))
    assert command("show", "one")["place"] | {"restarts": 0} == {
        "name": "gpu",
        "kind": "slurm",
        "job": job_of(folder),
        "nodes": [cluster.node],
        "restarts": 0,
        "partition": "test",
        "cpus": 1,
        "time": "20",
        "setup": ["export SET_UP=yes"],
    }
    cluster.until(lambda: is_now(folder, "finished"))
    assert weights(folder) == here
    job = f"JobId={job_of(folder)} "
    cluster.until(lambda: "JobState=COMPLETED" in cluster.run("scontrol", "-o", "show", "job"))
    shown = cluster.run("scontrol", "-o", "show", "job").splitlines()
    assert "ExitCode=0:0" in next(line for line in shown if job in line)


def test_told_to_end_it_goes_on_as_the_same_run_to_the_same_weights(
    cluster: Cluster, command: Command, here: str
) -> None:
    changes = settings(train__epochs=EPOCHS)
    command("train", "quick/digits", "--place", "gpu", "--name", "two", "--detach", *changes)
    folder = folder_of("two")
    cluster.until(lambda: len(steps(folder)) > 5)
    job = job_of(folder)
    cluster.run("scancel", "--signal=TERM", "--batch", job)  # as SLURM does before the time is over
    seen: set[str] = set()

    def waits() -> bool:
        now = read_status(folder)
        seen.add(now.name)
        return now.reason == "BeginTime"

    cluster.until(waits)
    assert seen <= {"running", "queued"}  # nobody who follows it sees it end
    assert (folder.checkpoints / "last").exists()
    trained = len(steps(folder))
    cluster.run("scontrol", "update", f"JobId={job}", "StartTime=now")
    cluster.until(lambda: is_now(folder, "finished"))
    assert weights(folder) == here
    assert place_of(folder)["restarts"] == 1 and job_of(folder) == job
    assert read_record(folder.record)["run"]["workers"] == 2
    assert 5 < trained < len(steps(folder)) == len(set(steps(folder)))


def test_one_that_waits_is_queued_with_the_reason_held_and_taken_back(
    cluster: Cluster, command: Command
) -> None:
    cluster.drain(True)
    command("train", "quick/digits", "--place", "gpu", "--name", "three", "--detach", *settings())
    folder = folder_of("three")
    cluster.until(lambda: read_status(folder).reason)
    shown = command("show", "three")
    assert shown["status"] == "queued" and "Nodes" in shown["reason"], shown["reason"]
    assert shown["place"]["nodes"] == []
    assert command("runs")[0]["reason"] == shown["reason"]
    assert command("pause", "three")["status"] == "paused"
    assert "JobHeldUser" in read_status(folder).reason
    assert command("resume", "three")["done"] == "resumed"
    assert is_now(folder, "queued")
    assert command("stop", "three")["status"] == "stopped"
    assert cluster.run("squeue", "--noheader", "--states=PENDING").strip() == ""
    assert command("show", "three")["status"] == "stopped"
    assert not folder.record.exists()  # no worker was ever started


def test_cancelled_while_it_trains_it_is_stopped_and_stays_so(
    cluster: Cluster, command: Command, here: str
) -> None:
    changes = settings(train__epochs=EPOCHS)
    command("train", "quick/digits", "--place", "gpu", "--name", "four", "--detach", *changes)
    folder = folder_of("four")
    cluster.until(lambda: len(steps(folder)) > 5)
    job = job_of(folder)
    cluster.run("scancel", job)
    cluster.until(lambda: is_now(folder, "stopped"))
    cluster.until(lambda: "CANCELLED" in cluster.run("scontrol", "-o", "show", "job", job))
    assert is_now(folder, "stopped") and (folder.checkpoints / "last").exists()
    command("resume", "four", "--place", "gpu")  # a new job goes on
    assert read_status(folder).is_live
    cluster.until(lambda: is_now(folder, "finished"))
    assert job_of(folder) != job and weights(folder) == here


def test_a_worker_that_is_killed_is_crashed_and_its_job_failed(
    cluster: Cluster, command: Command
) -> None:
    changes = settings(train__epochs=100_000)
    command("train", "quick/digits", "--place", "gpu", "--name", "five", "--detach", *changes)
    folder = folder_of("five")
    cluster.until(lambda: is_now(folder, "running"))
    os.kill(read_record(folder.record)["run"]["pid"], signal.SIGKILL)
    cluster.until(lambda: is_now(folder, "crashed"), 5)
    job = job_of(folder)
    cluster.until(lambda: "JobState=FAILED" in cluster.run("scontrol", "-o", "show", "job", job))
    assert "ExitCode=137:0" in cluster.run("scontrol", "-o", "show", "job", job)
    cluster.until(lambda: f"job {job} ended: FAILED" in read_status(folder).reason, 10)


def test_a_stop_is_a_stop_there_too(cluster: Cluster, command: Command) -> None:
    changes = settings(train__epochs=100_000)
    command("train", "quick/digits", "--place", "gpu", "--name", "six", "--detach", *changes)
    folder = folder_of("six")
    cluster.until(lambda: is_now(folder, "running"))
    with pytest.raises(RunError, match="has a worker already"):
        from workbench.runs.live.launch import start_worker

        start_worker(folder)
    assert command("stop", "six")["status"] == "stopped"
    cluster.until(lambda: not cluster.run("squeue", "--noheader").strip())
    assert is_now(folder, "stopped")


def test_two_nodes_train_one_run(cluster: Cluster, command: Command) -> None:
    changes = settings(train__epochs=3, train__parts=2)
    command("train", "quick/digits", "--name", "here", *changes)  # one process, the same parts
    command("train", "quick/digits", "--place", "two", "--name", "seven", "--detach", *changes)
    folder = folder_of("seven")
    seen: list[str] = []

    def ended() -> bool:
        seen.append(read_status(folder).name)
        return seen[-1] in ("finished", "failed", "crashed", "stopped")

    cluster.until(ended)
    assert set(seen) <= {"queued", "starting", "running", "finished"}
    assert place_of(folder)["nodes"] == ["n1", "n2"]
    assert weights(folder) == weights(folder_of("here"))
    logs = sorted(path.name for path in (folder.path / "processes").glob("*.log"))
    assert logs == ["rank-0.log", "rank-1.log"]


def test_a_check_looks_around_on_the_node(cluster: Cluster, command: Command) -> None:
    found = command("places", "gpu", "--check")
    assert found["ok"] and found["job"].isdigit()
    names = {check["name"]: check["found"] for check in found["checks"]}
    assert names.keys() == {"runs folder", "Python", "workbench", "torch", "GPUs"}
    assert names["GPUs"] == "0, asked for 0" and sys.executable in names["Python"]
    assert list(runs_root().iterdir()) == []


def test_a_runs_folder_that_the_node_does_not_see(cluster: Cluster, tmp_path: Path) -> None:
    cluster.drain(True)
    runs, away = tmp_path / "runs", tmp_path / "away"
    place = find_place("gpu")
    assert place is not None
    verdicts: list[Verdict] = []
    check = threading.Thread(target=lambda: verdicts.append(check_place(place, runs, 60)))
    check.start()
    cluster.until(lambda: cluster.run("squeue", "--noheader").strip())
    runs.rename(away)
    cluster.drain(False)
    check.join(60)
    (found,) = verdicts[0].findings
    assert (found.name, found.ok) == ("runs folder", False)
    assert found.found == f"{cluster.node} does not see {runs}"


def test_a_partition_that_does_not_exist(cluster: Cluster, home: Path) -> None:
    from workbench.cli.main import run

    file = home / "config" / "places.toml"
    file.write_text('[gpu]\nkind = "slurm"\npartition = "nope"\n')
    assert run(["train", "quick/digits", "--place", "gpu"]) == 2
    assert list(runs_root().iterdir()) == []
