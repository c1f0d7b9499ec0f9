"""SLURM's programs, by stand-ins that answer, refuse, hang or are not there."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.errors import RequestError, RunError
from workbench.runs.places.job import JobState, Start
from workbench.runs.places.slurm import COLUMNS, Slurm, read_jobs

Stand = Callable[[str, str], None]


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stand:
    """Put a shell script in place of a program; each call is written to ``calls``."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def put(name: str, text: str) -> None:
        file = folder / name
        file.write_text(f'#!/bin/sh\necho "$0 $*" >> {tmp_path / "calls"}\n{text}\n')
        file.chmod(0o755)

    return put


def row(*cells: str) -> str:
    return "".join(cell.ljust(width) for cell, (_, width) in zip(cells, COLUMNS, strict=True))


def calls(tmp_path: Path) -> list[str]:
    file = tmp_path / "calls"
    return file.read_text().splitlines() if file.exists() else []


def test_the_table_of_jobs() -> None:
    table = "\n".join(
        [
            row("1", "PENDING", "0", "Resources", ""),
            row("2", "RUNNING", "2", "None", "node[1-2]"),
            row("3", "COMPLETED", "0", "None", "node1"),
            row("4", "FAILED", "0", "JobLaunchFailure", "node1"),
            row("5", "PENDING", "1", "(ReqNodeNotAvail, UnavailableNodes:node1)", ""),
            row("6", "SUSPENDED", "0", "None", "node1"),
            row("7", "COMPLETING", "0", "None", "node1"),
            row("8", "NEW_STATE\x1b[31m", "?", "a\x1b[31mb", "n"),
        ]
    )
    assert read_jobs(table) == {
        "1": JobState("waiting", "Resources"),
        "2": JobState("running", "", "node[1-2]", 2),
        "3": JobState("over", "COMPLETED", "node1"),
        "4": JobState("over", "FAILED, JobLaunchFailure", "node1"),
        "5": JobState("waiting", "(ReqNodeNotAvail, UnavailableNodes:node1)", "", 1),
        "6": JobState("suspended", "", "node1"),
        "7": JobState("ending", "", "node1"),
        "8": JobState("over", "NEW_STATE[31m, a[31mb", "n"),
    }


def test_one_answer_serves_a_list(stand_in: Stand, tmp_path: Path) -> None:
    stand_in("squeue", f"echo '{row('7', 'PENDING', '0', 'Priority', '')}'")
    slurm = Slurm()
    assert slurm.state("7", 0.0) == JobState("waiting", "Priority")
    for job in range(1000):
        assert slurm.state(str(job + 100), 0.0).phase == "unknown"
    assert len(calls(tmp_path)) == 1


def test_a_job_sent_this_moment_is_not_lost_by_an_older_answer(
    stand_in: Stand, tmp_path: Path
) -> None:
    stand_in("squeue", "true")
    slurm = Slurm()
    assert slurm.state("1", 0.0).phase == "unknown"
    stand_in("sbatch", "echo 7")
    stand_in("squeue", f"echo '{row('7', 'PENDING', '0', 'None', '')}'")
    assert slurm.submit(tmp_path / "job.sh", []) == "7"
    assert slurm.state("7", time.time()).phase == "waiting"


def test_a_scheduler_that_hangs_costs_two_seconds_once(stand_in: Stand, tmp_path: Path) -> None:
    stand_in("squeue", "exec sleep 60")
    slurm, begun = Slurm(), time.monotonic()
    for job in range(100):
        assert slurm.state(str(job), time.time()).phase == "silent"
    assert 1.5 < time.monotonic() - begun < 4 and len(calls(tmp_path)) == 1


def test_a_machine_without_slurm_is_silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Slurm().state("1", time.time()).phase == "silent"


def test_sbatch_refuses_in_its_own_words(stand_in: Stand, tmp_path: Path) -> None:
    stand_in("sinfo", "printf 'gpu\\ncpu\\ngpu\\n'")
    words = "sbatch: error: invalid partition specified: nope"
    stand_in("sbatch", f"echo '{words}' >&2; echo '{words}' >&2; echo 'sbatch: more' >&2; exit 1")
    with pytest.raises(RequestError) as refused:
        Slurm().submit(tmp_path / "job.sh", [])
    assert str(refused.value) == (
        "sbatch refused: invalid partition specified: nope; more (there are cpu, gpu)"
    )


def test_sbatch_is_not_there(
    stand_in: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RequestError, match="sbatch is not on this machine"):
        Slurm().submit(tmp_path / "job.sh", [])


@pytest.mark.parametrize("answer", ["", "hello", "7 --evil", "-7"])
def test_a_job_id_is_a_number(stand_in: Stand, tmp_path: Path, answer: str) -> None:
    stand_in("sbatch", f"echo '{answer}'")
    with pytest.raises(RequestError, match="no job id"):
        Slurm().submit(tmp_path / "job.sh", [])


def test_of_several_clusters_the_number_counts(stand_in: Stand, tmp_path: Path) -> None:
    stand_in("sbatch", "echo '7;cluster'")
    assert Slurm().submit(tmp_path / "job.sh", ["--job-name=a"]) == "7"
    assert calls(tmp_path)[0].endswith(f"sbatch --parsable --job-name=a {tmp_path / 'job.sh'}")


def test_what_the_shell_sets_for_sbatch_does_not_win(
    stand_in: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SBATCH_PARTITION", "other")
    monkeypatch.setenv("SLURM_CONF", "/etc/own.conf")
    stand_in("sbatch", f'echo "$SBATCH_PARTITION|$SLURM_CONF" > {tmp_path / "seen"}; echo 1')
    Slurm().submit(tmp_path / "job.sh", [])
    assert (tmp_path / "seen").read_text() == "|/etc/own.conf\n"


def test_what_cannot_be_cancelled(stand_in: Stand) -> None:
    stand_in("scancel", "echo 'scancel: error: Kill job error on job id 7: Denied' >&2; exit 1")
    with pytest.raises(RunError, match="scancel refused: Kill job error on job id 7: Denied"):
        Slurm().cancel("7")


def test_where_a_job_is_from(stand_in: Stand) -> None:
    stand_in("scontrol", "echo 'JobId=7 JobName=workbench-a UserId=me WorkDir=/a b/=c StdErr=/d'")
    assert Slurm().origin("7") == ("workbench-a", "/a b/=c")
    stand_in("scontrol", "echo 'JobId=7'")
    assert Slurm().origin("7") is None
    stand_in("scontrol", "exit 1")
    assert Slurm().origin("7") is None


@pytest.mark.parametrize(
    ("code", "wanted"), [("0:0", 0), ("81:0", 81), ("0:53", 181), ("0:9", 137), ("x", None)]
)
def test_exit_codes(stand_in: Stand, code: str, wanted: int | None) -> None:
    stand_in("scontrol", f"echo 'JobId=7 JobState=FAILED ExitCode={code} RunTime=0'")
    assert Slurm().exit_code("7") == wanted


PREEMPTED = "PreemptTime=2026-01-01T00:00:00"


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        ("JobState=RUNNING Reason=None Restarts=2 PreemptTime=None", "running"),
        ("JobState=PENDING Reason=BeginTime Restarts=3 PreemptTime=None", "back"),
        ("JobState=COMPLETING Reason=None Restarts=3 PreemptTime=None", "back"),
        ("JobState=COMPLETING Reason=TimeLimit Restarts=2 PreemptTime=None", "scheduler"),
        (f"JobState=COMPLETING Reason=None Restarts=2 {PREEMPTED}", "scheduler"),
        ("JobState=COMPLETING Reason=None Restarts=2 PreemptTime=None", "cancelled"),
        ("JobState=CANCELLED Reason=None Restarts=2", "cancelled"),
    ],
)
def test_why_a_job_has_to_end(stand_in: Stand, shown: str, wanted: str) -> None:
    stand_in("scontrol", f"echo 'JobId=7 {shown} ExitCode=0:0'")
    assert Slurm().ending(Start("7", 2, ("node1",), 0)) == wanted


def test_a_scheduler_that_does_not_say_why(stand_in: Stand) -> None:
    stand_in("scontrol", "exit 1")
    assert Slurm().ending(Start("7", 2, ("node1",), 0)) == "silent"


@pytest.mark.parametrize(
    ("left", "wanted"),
    [
        ("0:58", 58.0),
        ("1:00:00", 3600.0),
        ("2-00:00:01", 172_801.0),
        ("UNLIMITED", None),
        ("INVALID", None),
        ("", None),
    ],
)
def test_the_time_that_is_left(stand_in: Stand, left: str, wanted: float | None) -> None:
    stand_in("squeue", f"echo '{left}'")
    assert Slurm().seconds_left("7") == wanted


def test_the_job_that_this_process_is_in(stand_in: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    assert Slurm().here() is None
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    monkeypatch.setenv("SLURM_JOB_NODELIST", "node1")
    assert Slurm().here() == Start("7", 0, ("node1",), 0)
    monkeypatch.setenv("SLURM_RESTART_COUNT", "2")
    monkeypatch.setenv("SLURM_GPUS_ON_NODE", "4")
    monkeypatch.setenv("SLURM_JOB_NODELIST", "node[1-2]")
    stand_in("scontrol", "printf 'node1\\nnode2\\n'")
    assert Slurm().here() == Start("7", 2, ("node1", "node2"), 4)
    stand_in("scontrol", "exit 1")
    with pytest.raises(RunError, match="scontrol refused: exit status 1"):
        Slurm().here()


def test_over_several_nodes_srun_gets_the_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "8")
    assert Slurm().on_each_node(2) == [
        "srun", "--nodes=2", "--ntasks=2", "--ntasks-per-node=1", "--kill-on-bad-exit=1",
        "--cpus-per-task=8",
    ]  # fmt: skip
