"""The script of a job: its options, and that nothing in it is more than what it says."""

import subprocess
from pathlib import Path

import pytest

from workbench.runs.places.script import files, job_name, script, seconds, warning
from workbench.runs.places.section import SlurmPlace

FULL = SlurmPlace(
    partition="gpu",
    account="lab",
    qos="long",
    constraint="a100",
    gpus=2,
    nodes=3,
    cpus=8,
    memory="32G",
    time="2:00:00",
    warning=300,
    setup=["module load cuda", "export A=1"],
    requeue=False,
    extra={"exclusive": True, "contiguous": False, "exclude": "node[1-3]", "nice": 10},
)


def test_every_option() -> None:
    assert script(FULL, ["python", "-P", "-m", "job", "/runs/one"]) == (
        "#!/bin/bash\n"
        "#SBATCH --nodes=3\n"
        "#SBATCH --ntasks-per-node=1\n"
        "#SBATCH --partition=gpu\n"
        "#SBATCH --account=lab\n"
        "#SBATCH --qos=long\n"
        "#SBATCH --constraint=a100\n"
        "#SBATCH --gpus-per-node=2\n"
        "#SBATCH --cpus-per-task=8\n"
        "#SBATCH --mem=32G\n"
        "#SBATCH --time=2:00:00\n"
        "#SBATCH --signal=B:TERM@300\n"
        "#SBATCH --no-requeue\n"
        "#SBATCH --exclusive\n"
        "#SBATCH --exclude=node[1-3]\n"
        "#SBATCH --nice=10\n"
        "module load cuda\n"
        "export A=1\n"
        "exec python -P -m job /runs/one\n"
    )


def test_what_is_not_asked_for_is_left_to_the_cluster() -> None:
    assert script(SlurmPlace(), ["true"]) == (
        "#!/bin/bash\n"
        "#SBATCH --nodes=1\n"
        "#SBATCH --ntasks-per-node=1\n"
        "#SBATCH --signal=B:TERM@120\n"
        "#SBATCH --requeue\n"
        "exec true\n"
    )


@pytest.mark.parametrize(
    "name", ["a b", "a'b", 'a"b', "a;touch x", "$(touch x)", "a\nb", "#SBATCH --wrap=x", "`x`"]
)
def test_a_folder_of_any_name_is_one_argument(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    text = script(SlurmPlace(), ["printf", "%s", str(folder)])
    done = subprocess.run(["bash"], input=text.encode(), capture_output=True, cwd=tmp_path)
    assert done.stdout.decode() == str(folder) and not (tmp_path / "x").exists()


def test_set_up_lines_come_before_the_worker_in_the_same_shell() -> None:
    place = SlurmPlace(setup=["export GREETING=hello", "cd /"])
    text = script(place, ["sh", "-c", 'echo "$GREETING from $PWD"'], before=["unset GREETING"])
    done = subprocess.run(["bash"], input=text.encode(), capture_output=True)
    assert done.stdout == b"hello from /\n"


def test_files_are_arguments_of_their_own() -> None:
    assert files("/runs", "/runs/100%/worker.log", job_name("a b%j;x")) == [
        "--job-name=workbench-a_b_j_x",
        "--chdir=/runs",
        "--output=/runs/100%%/worker.log",
        "--open-mode=append",
    ]


@pytest.mark.parametrize(
    ("time", "wanted"),
    [
        ("", 0),
        ("30", 1800),
        ("30:15", 1815),
        ("1:30:00", 5400),
        ("2-12", 216_000),
        ("2-12:30", 217_800),
        ("1-00:00:01", 86_401),
    ],
)
def test_time_limits_are_read_as_slurm_reads_them(time: str, wanted: int) -> None:
    assert seconds(time) == wanted


@pytest.mark.parametrize(
    ("time", "given", "wanted"), [("", 120, 120), ("60", 120, 120), ("2", 120, 30), ("0:01", 9, 1)]
)
def test_a_short_job_has_most_of_its_time_to_train(time: str, given: int, wanted: int) -> None:
    assert warning(SlurmPlace(time=time, warning=given)) == wanted
