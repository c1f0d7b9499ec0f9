"""First come, first served: the line of runs that wait for a device."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.runs.live import line
from workbench.runs.live.process import ProcessIdentity, own_identity
from workbench.runs.live.slots import Queue, Slot

ONE = Queue("cpu", ("0",), 1)


def run(name: str) -> Path:
    return Path("/runs") / name


@pytest.fixture
def process() -> Iterator[subprocess.Popen[bytes]]:
    """A process that lives until it is killed."""
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as child:
        yield child
        child.kill()


def test_runs_are_served_in_the_order_in_which_they_were_started() -> None:
    slots = [Slot(ONE, run(str(n))) for n in range(12)]
    for slot in slots:
        line.join("cpu", slot.run)
    served = []
    while len(served) < len(slots):
        # Whoever asks first: the last one started does, as one that has loaded sooner may.
        for slot in reversed(slots):
            if slot not in served and slot.try_take():
                served.append(slot)
                slot.release()
                break
    assert [slot.run.name for slot in served] == [str(n) for n in range(12)]


def test_a_launcher_takes_the_ticket_that_the_worker_finds(
    process: subprocess.Popen[bytes],
) -> None:
    launched = ProcessIdentity.of(process.pid)
    ticket = line.join("cpu", run("a"), launched)
    assert ticket == line.join("cpu", run("a"), launched)
    assert ticket is not None and ticket.folder == run("a")
    assert line.join("cpu", run("b")) == line.tickets()[1]


def test_places_are_counted_on_each_device() -> None:
    for name, device in (("a", "cpu"), ("b", "cuda-0"), ("c", "cpu"), ("d", "cpu")):
        line.join(device, run(name))
    assert [line.place_of(run(name)) for name in "abcde"] == [1, 1, 2, 3, 0]


def test_a_dead_one_blocks_nobody(process: subprocess.Popen[bytes]) -> None:
    line.join("cpu", run("dead"), ProcessIdentity.of(process.pid))
    mine = Slot(ONE, run("mine"))
    assert not mine.try_take()
    assert line.place_of(run("mine")) == 2
    process.kill()
    process.wait()
    assert line.place_of(run("mine")) == 1
    assert mine.try_take()
    assert line.tickets() == []
    mine.release()


def test_a_ticket_of_another_boot_is_dead() -> None:
    me = own_identity()
    line.join("cpu", run("before"), ProcessIdentity(me.pid, me.started, "another", me.host))
    mine = Slot(ONE, run("mine"))
    assert mine.try_take()
    mine.release()


def test_one_that_is_moved_to_the_front_is_next_and_takes_what_the_first_had_kept() -> None:
    two = Queue("cpu", ("core-0", "core-1"), 2)
    holder, first = Slot(Queue("cpu", two.places, 1), run("holder")), Slot(two, run("first"))
    last = Slot(two, run("last"))
    assert holder.try_take()
    assert not first.try_take()  # it keeps the core that is free
    assert not last.try_take()
    assert line.move_to_front(run("last"))
    assert [line.place_of(run(name)) for name in ("last", "first")] == [1, 2]
    holder.release()
    assert not first.try_take()
    assert last.try_take()
    last.release()
    assert first.try_take()
    first.release()


def test_the_front_stays_the_front_however_often_it_is_asked_for() -> None:
    for name in "abc":
        line.join("cpu", run(name))
    assert line.move_to_front(run("c")) and line.move_to_front(run("c"))
    assert line.move_to_front(run("b"))
    assert [t.folder.name for t in line.tickets() if t.folder] == ["b", "c", "a"]
    assert not line.move_to_front(run("nobody"))


def test_a_pause_gives_the_place_up() -> None:
    first, second = Slot(ONE, run("first")), Slot(ONE, run("second"))
    assert first.try_take()
    assert not second.try_take()
    first.release()  # as a pause does
    assert not first.try_take()  # let go on: at the end of the line
    assert second.try_take()
    second.release()
    assert first.try_take()
    first.release()


def test_what_else_lies_there_is_no_ticket(tmp_path: Path) -> None:
    line.join("cpu", run("a"))
    for name in ("junk", "1.cpu.x-1-0.0", ".hidden"):
        (line.line_folder() / name).write_text("")
    (line.line_folder() / "1.cpu.1-1-00000000.0000000000000000").symlink_to("/dev/zero")
    assert line.tickets()[0].folder is None
    assert line.place_of(run("a")) == 1


def test_who_comes_at_once_gets_numbers_of_their_own() -> None:
    code = (
        "import sys; from pathlib import Path; from workbench.runs import line;"
        "[line.join('cpu', Path(f'/runs/{sys.argv[1]}-{n}')) for n in range(20)];"
        "print(flush=True); sys.stdin.read()"
    )
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(n)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        for n in range(3)
    ]
    try:
        for child in children:
            assert child.stdout is not None and child.stdout.readline()
        numbers = [ticket.number for ticket in line.tickets()]
        assert len(numbers) == 60 == len(set(numbers))
        assert all(ticket.is_alive() for ticket in line.tickets())
    finally:
        for child in children:
            child.communicate()
    deadline = time.monotonic() + 10
    mine = Slot(ONE, run("mine"))
    while not mine.try_take() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [t for t in line.tickets() if t.run != "mine"] == []
    mine.release()
