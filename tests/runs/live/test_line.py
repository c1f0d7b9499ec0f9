"""First come, first served: the line of runs that wait for a device."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from workbench.config.presets import load_preset
from workbench.errors import RunError
from workbench.runs.live import line
from workbench.runs.live.launch import prepare, write_launch
from workbench.runs.live.process import ProcessIdentity, own_identity
from workbench.runs.live.slots import Queue, Slot
from workbench.runs.store.record import write_record
from workbench.system.paths import state_folder

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
    served: list[Slot] = []
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


def test_a_folder_whose_name_is_no_utf_8_has_its_place_too() -> None:
    odd = Path(os.fsdecode(b"/runs/\xff"))
    ticket = line.join("cpu", odd)
    assert ticket is not None and ticket.folder == odd and line.place_of(odd) == 1


@pytest.mark.parametrize(
    ("host", "folder"), [("node-7.lan", "node-7.lan"), ("../a b", "_a_b"), ("", "here")]
)
def test_a_machine_has_one_folder_of_its_name_whatever_that_is(
    monkeypatch: pytest.MonkeyPatch, host: str, folder: str
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: host)
    assert line.slots_folder() == state_folder() / "slots" / folder


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
    line.move_to_front(run("last"))
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
    for name in "ccb":
        line.move_to_front(run(name))
    assert [t.folder.name for t in line.tickets() if t.folder] == ["b", "c", "a"]
    with pytest.raises(RunError, match="run nobody does not wait to train on this machine"):
        line.move_to_front(run("nobody"))


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


@pytest.fixture
def killed(process: subprocess.Popen[bytes]) -> Path:
    """A run between two others whose worker was killed and started again: the last in line."""
    line.join("cpu", run("a"))
    line.join("cpu", run("killed"), ProcessIdentity.of(process.pid))
    process.kill()
    process.wait()
    # As it was when the tickets of the dead were left to whoever came to stand behind them.
    (ticket,) = (ticket for ticket in line.tickets() if ticket.pid == process.pid)
    text = ticket.path.read_text()
    line.join("cpu", run("b"))
    line.join("cpu", run("killed"))
    ticket.path.write_text(text)
    return run("killed")


def test_one_that_was_killed_and_started_again_has_one_place_the_last(killed: Path) -> None:
    assert [line.place_of(run(name)) for name in ("a", "b", "killed")] == [1, 2, 3]


def test_one_that_was_killed_and_started_again_is_what_moves_to_the_front(killed: Path) -> None:
    line.move_to_front(killed)
    assert [line.place_of(run(name)) for name in ("killed", "a", "b")] == [1, 2, 3]
    assert len(line.tickets()) == 3


def test_a_place_that_was_moved_is_left_all_the_same() -> None:
    first, second = Slot(ONE, run("first")), Slot(ONE, run("second"))
    holder = Slot(ONE, run("holder"))
    assert holder.try_take() and not first.try_take() and not second.try_take()
    line.move_to_front(run("second"))
    second.release()  # a pause, before it has seen that it was moved
    assert [line.place_of(run(name)) for name in ("first", "second")] == [1, 0]
    holder.release()
    assert first.try_take()
    first.release()


def test_who_pauses_before_it_came_to_ask_leaves_the_place_that_its_launcher_took() -> None:
    line.join("cpu", run("first"))
    Slot(ONE, run("first")).release()
    second = Slot(ONE, run("second"))
    assert second.try_take()
    second.release()


def test_a_launcher_that_was_held_up_takes_no_ticket_for_who_has_come_by_itself(
    tmp_path: Path,
) -> None:
    folders = [
        prepare(load_preset("quick/digits", {"train.device": "cpu"}), tmp_path, name)
        for name in ("early", "late")
    ]
    me = own_identity()
    write_record(folders[0].record, {"run": {"status": "running", **me.as_table()}})
    for folder in folders:
        write_launch(folder, me)
    assert [line.place_of(folder.path) for folder in folders] == [0, 1]


def test_a_run_is_the_same_by_whatever_links_it_is_reached(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    (tmp_path / "link").symlink_to("runs")
    line.join("cpu", tmp_path / "runs" / "a")
    assert line.place_of(tmp_path / "link" / "a") == 1


def test_a_ticket_of_a_number_beyond_all_bounds_takes_no_place_away() -> None:
    line.join("cpu", run("a"))
    (line.line_folder() / f"{10**18 - 1}.cuda-0.1-1-00000000.{'0' * 16}").touch()
    mine = Slot(Queue("cuda-0", ("0",), 1), run("mine"))
    assert mine.try_take()
    mine.release()


def test_a_line_that_cannot_be_changed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    line.join("cpu", run("a"))
    monkeypatch.setattr(line, "PATIENCE", 0)
    with (
        FileLock(line.slots_folder() / "line.lock"),
        pytest.raises(RunError, match=r"line\.lock: another process keeps it locked"),
    ):
        line.move_to_front(run("a"))
    line.move_to_front(run("a"))


@pytest.mark.parametrize("content", [b"", b"a\0b", b"x" * 10_000])
def test_a_ticket_that_holds_no_path_has_no_folder(content: bytes) -> None:
    ticket = line.join("cpu", run("a"))
    assert ticket is not None
    ticket.path.write_bytes(content)
    assert ticket.folder is None


def test_what_else_lies_there_is_no_ticket(tmp_path: Path) -> None:
    line.join("cpu", run("a"))
    for name in ("junk", "1.cpu.x-1-0.0", ".hidden"):
        (line.line_folder() / name).write_text("")
    (line.line_folder() / "1.cpu.1-1-00000000.0000000000000000").symlink_to("/dev/zero")
    (line.line_folder() / "2.cpu.1-1-00000000.0000000000000000").mkdir()
    assert line.tickets()[0].folder is None
    assert line.join("cpu", run("b"))
    assert line.place_of(run("b")) == 2
    assert line.place_of(run("a")) == 1


def test_who_comes_at_once_gets_numbers_of_their_own() -> None:
    code = (
        "import sys; from pathlib import Path; from workbench.runs.live import line;"
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
        assert list(line.living()) == line.tickets()
    finally:
        for child in children:
            child.communicate()
    deadline = time.monotonic() + 10
    mine = Slot(ONE, run("mine"))
    while not mine.try_take() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [t for t in line.tickets() if t.run != "mine"] == []
    mine.release()
