"""Several coordinators on one folder: no run is done twice, none is lost."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import tomli

from workbench.runs.live.process import own_identity
from workbench.runs.store.folder import RunFolder, list_folders
from workbench.runs.store.record import read_record, write_record
from workbench.sweeps.claims import STALE, Claims
from workbench.sweeps.config import build_sweep
from workbench.sweeps.folder import SweepFolder, open_sweep, store

SCRIPT = Path(__file__).with_name("sharing_coordinator.py")
PLAN = 'preset = "quick/digits"\njobs = 2\n[grid]\ntrain.seed = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]'
SEARCH = (
    'preset = "quick/digits"\njobs = 2\n[search]\ntrials = 10\nsampler = "random"\n'
    "keys.optimizer.lr = { low = 1e-4, high = 1e-1, log = true }"
)


def begun(tmp_path: Path, text: str) -> SweepFolder:
    folder = open_sweep("s", tmp_path / "runs")
    store(folder, build_sweep(tomli.loads(text)))
    return folder


def coordinator(folder: SweepFolder) -> "subprocess.Popen[bytes]":
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.Popen(
        [sys.executable, SCRIPT, str(folder.runs_dir), folder.name], env=environment
    )


def each_once(folder: SweepFolder, count: int) -> None:
    runs = list_folders(folder.runs_dir)
    assert len(runs) == count
    assert {read_record(run.record)["run"]["status"] for run in runs} == {"finished"}
    assert {(run.path / "trained").read_text() for run in runs} == {"once\n"}


@pytest.mark.parametrize("text", [PLAN, SEARCH], ids=["plan", "search"])
def test_two_coordinators_do_every_run_once(tmp_path: Path, text: str) -> None:
    folder = begun(tmp_path, text)
    both = [coordinator(folder) for _ in range(2)]
    assert [each.wait(60) for each in both] == [0, 0]
    each_once(folder, 10)
    claims = [json.loads(path.read_text())["pid"] for path in folder.claims.glob("[!.]*")]
    assert set(Counter(claims)) == {each.pid for each in both}  # both had a part


def test_what_a_killed_coordinator_leaves_the_other_does(tmp_path: Path) -> None:
    folder = begun(tmp_path, PLAN)
    first, second = coordinator(folder), coordinator(folder)
    while len(list_folders(folder.runs_dir)) < 3:
        time.sleep(0.02)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    assert second.wait(60) == 0
    each_once(folder, 10)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    (tmp_path / "run").mkdir()
    return RunFolder(tmp_path / "run")


@pytest.fixture
def claims(tmp_path: Path) -> Claims:
    return Claims(tmp_path / "claims")


def of_another_machine(claims: Claims, run: RunFolder, age: float) -> Path:
    """A claim by a process of another host, some seconds old."""
    claims.folder.mkdir(exist_ok=True)
    path = claims.folder / f"{run.id}.0.0"
    path.write_text(json.dumps(replace(own_identity(), host="elsewhere", boot="x").as_table()))
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def test_a_claim_of_another_machine_holds_for_a_while(claims: Claims, run: RunFolder) -> None:
    path = of_another_machine(claims, run, age=1)
    assert not claims.take(run)
    path.unlink()
    of_another_machine(claims, run, age=STALE + 10)
    assert claims.take(run)


def test_a_claim_of_a_process_that_is_gone_holds_no_one(claims: Claims, run: RunFolder) -> None:
    claims.folder.mkdir()
    gone = replace(own_identity(), pid=2**22 + 1, started="1")
    (claims.folder / f"{run.id}.0.0").write_text(json.dumps(gone.as_table()))
    assert claims.take(run)


def test_a_damaged_claim_holds_for_a_while(claims: Claims, run: RunFolder) -> None:
    path = of_another_machine(claims, run, age=1)
    path.write_bytes(b"\xff")
    assert not claims.take(run)


def test_a_run_that_had_a_worker_is_claimed_anew(claims: Claims, run: RunFolder) -> None:
    of_another_machine(claims, run, age=1)
    write_record(run.record, {"run": {"workers": 1}})
    assert claims.take(run)
