"""The queue of a device: cores or places, all that a run needs at once, freed with the process."""

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.config.presets import load_preset
from workbench.errors import RequestError
from workbench.runs.live.slots import Queue, Slot, limit, queue_for, slot_for, threads_each

CORES = ("core-0", "core-1", "core-2", "core-3")


numbers = itertools.count()


def slot(queue: Queue) -> Slot:
    """A run that may wait in a queue, another one each time."""
    return Slot(queue, Path(f"/runs/{next(numbers)}"))


def cores(need: int) -> Slot:
    """A run of ``need`` threads on a machine of four cores."""
    return slot(Queue("cpu", CORES, need))


def test_as_many_runs_as_their_threads_have_cores() -> None:
    two, one, other = cores(2), cores(1), cores(2)
    assert two.try_take() and one.try_take()
    assert not other.try_take()
    one.release()
    assert other.try_take()
    two.release()
    other.release()


def test_a_run_of_all_cores_is_alone() -> None:
    whole, one = cores(4), cores(1)
    assert whole.try_take()
    assert not one.try_take()
    whole.release()
    assert one.try_take()
    one.release()


def test_small_runs_do_not_keep_a_large_one_waiting_for_ever() -> None:
    first, second, large, small = cores(1), cores(1), cores(4), cores(1)
    assert first.try_take() and second.try_take()
    assert not large.try_take()
    first.release()
    assert not small.try_take()  # two cores are free, and the large one is next
    assert not large.try_take()
    second.release()
    assert large.try_take()
    assert not small.try_take()
    large.release()
    assert small.try_take()
    small.release()


def test_whoever_leaves_the_line_gives_back_what_it_kept() -> None:
    first, large, small = cores(1), cores(4), cores(1)
    assert first.try_take()
    assert not large.try_take()
    large.release()
    assert small.try_take()
    first.release()
    small.release()


def test_taking_what_is_held_takes_no_more() -> None:
    one, rest = cores(1), cores(3)
    assert one.try_take() and one.try_take()
    assert rest.try_take()
    one.release()
    rest.release()


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_JOBS", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("workbench.runs.live.slots._cores", lambda: [0, 1, 2, 3])


@pytest.mark.usefixtures("four")
def test_a_cpu_run_needs_its_threads() -> None:
    assert queue_for("cpu", 3) == Queue("cpu", CORES, 3)
    assert queue_for("cpu", 0).need == 4
    assert queue_for("cpu", 64).need == 4  # more than there are: then all
    assert queue_for("cpu", 1).wanted == "1 free core of 4"
    assert queue_for("cpu", 2).wanted.startswith("2 free cores of 4 (train.threads")


@pytest.mark.usefixtures("four")
def test_a_scheduler_says_how_many_threads_are_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert queue_for("cpu", 0).need == 2
    assert queue_for("cpu", 3).need == 3


def test_a_gpu_has_numbered_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_JOBS", raising=False)
    queue = queue_for("cuda", 8)
    assert queue == queue_for("cuda:0") == Queue("cuda-0", ("0", "1", "2", "3"), 1)
    assert queue.wanted == "a place on cuda-0"


def test_where_gpus_are_hidden_auto_waits_for_cores(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "0000:01:00.0").mkdir()
    monkeypatch.setattr("workbench.system.gpus.PROC", tmp_path)
    monkeypatch.setattr("workbench.system.gpus.torch_is_cpu_only", lambda: False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert queue_for("auto").name == "cpu"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    assert queue_for("auto").name == "cuda-0"


def test_so_many_at_a_time_on_each_device_where_the_user_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WORKBENCH_JOBS", "2")
    first, second, third = (slot(queue_for("cpu")) for _ in range(3))
    other = slot(queue_for("cuda:1"))
    assert first.try_take() and second.try_take()
    assert not third.try_take()
    assert other.try_take()
    first.release()
    assert third.try_take()
    for held in (second, third, other):
        held.release()


def test_a_killed_holder_frees_its_places() -> None:
    code = (
        "from workbench.runs.live.slots import Queue, Slot; import time; from pathlib import Path;"
        "slot = Slot(Queue('cpu', ('core-0', 'core-1'), 2), Path('/runs/a'));"
        "print(slot.try_take(), flush=True);"
        "time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"True\n"
        waiting = slot(Queue("cpu", ("core-0", "core-1"), 1))
        assert not waiting.try_take()
        holder.kill()
    assert waiting.try_take()
    waiting.release()


def test_the_limit_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_JOBS", "many")
    with pytest.raises(RequestError, match="WORKBENCH_JOBS='many'"):
        limit()


def test_a_run_of_two_gpus_waits_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORKBENCH_JOBS", raising=False)
    train = load_preset("quick/digits").train.model_copy(update={"device": "cuda"})
    two = [slot_for(train, 2, Path(f"/runs/two-{n}")) for n in range(5)]
    assert all(each.try_take() for each in two[:4])  # as many as one GPU has places
    assert not two[4].try_take()
    assert two[4].wanted == "a place on cuda-0, of 2 GPUs"
    two[0].release()
    assert two[4].try_take()
    for each in two:
        each.release()


@pytest.mark.usefixtures("four")
def test_on_a_cpu_each_process_takes_cores_of_its_own() -> None:
    train = load_preset("quick/digits").train.model_copy(update={"device": "cpu", "threads": 2})
    assert slot_for(train, 2, Path("/runs/x")).wanted.startswith("4 free cores of 4")
    assert threads_each(train, 2) == 2
    free = train.model_copy(update={"threads": 0})
    assert threads_each(free, 2) == 2 and threads_each(free, 16) == 1
