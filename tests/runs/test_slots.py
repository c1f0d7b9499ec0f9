"""The queue of a device: so many at a time, and freed with the process."""

import subprocess
import sys

import pytest

from workbench.errors import RequestError
from workbench.runs.slots import Slot, limit, queue_name


@pytest.fixture(autouse=True)
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_JOBS", "2")


def test_so_many_at_a_time_on_each_device() -> None:
    first, second, third, other = Slot("cpu"), Slot("cpu"), Slot("cpu"), Slot("cuda:1")
    assert first.try_take() and second.try_take()
    assert not third.try_take()
    assert other.try_take()
    first.release()
    assert third.try_take()
    for slot in (second, third, other):
        slot.release()


def test_a_killed_holder_frees_its_slot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_JOBS", "1")
    code = (
        "from workbench.runs.slots import Slot; import time;"
        "slot = Slot('cpu'); print(slot.try_take(), flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"True\n"
        slot = Slot("cpu")
        assert not slot.try_take()
        holder.kill()
    assert slot.try_take()
    slot.release()


def test_the_limit_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_JOBS", "many")
    with pytest.raises(RequestError, match="WORKBENCH_JOBS='many'"):
        limit()


def test_cuda_and_its_first_device_are_one_queue() -> None:
    assert queue_name("cuda") == queue_name("cuda:0") == "cuda-0"
