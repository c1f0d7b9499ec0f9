"""Writing and tailing events."""

import errno
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ui.recorded import Recording, record_run
from workbench.runs.history.feed import RunFeed
from workbench.runs.store.events import (
    EventTail,
    EventWriter,
    decode,
    encode,
    keep_prefix,
    read_events,
)


def write(path: Path, *events: dict[str, Any]) -> None:
    writer = EventWriter(path)
    for event in events:
        writer.add(event)
    writer.close()


def step(n: int) -> dict[str, Any]:
    return {"event": "step", "time": 0.5, "step": n, "epoch": 1, "loss": 1 / n}


def test_a_tail_gives_every_event_once_as_they_come(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    tail = EventTail(path)
    assert tail.read() == []
    write(path, step(1), step(2))
    assert [event["step"] for event in tail.read()] == [1, 2]
    assert tail.read() == []
    write(path, step(3))
    assert [event["step"] for event in tail.read()] == [3]


def test_half_a_line_waits_for_its_other_half(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    line = encode(step(1))
    path.write_bytes(line[:20])
    tail = EventTail(path)
    assert tail.read() == []
    with path.open("ab") as file:
        file.write(line[20:])
    assert tail.read() == [step(1)]
    assert tail.damaged == 0


def test_the_time_of_an_event_is_kept_to_a_millisecond(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 12.34567)
    EventWriter(tmp_path / "metrics.jsonl").add_now("notice", message="x")
    assert read_events(tmp_path / "metrics.jsonl")[0]["time"] == 12.346


def test_what_a_full_disk_took_only_a_part_of_is_written_whole_later(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    writer = EventWriter(path)
    whole = writer._file

    class Full:
        """Takes ten bytes, as a disk that is full after them does."""

        name = str(path)

        def write(self, data: bytes) -> int | None:
            return whole.write(data[:10])

    writer.add(step(1))
    writer._file = Full()  # type: ignore[assignment]
    with pytest.raises(OSError, match="No space left") as caught:
        writer.flush()
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, str(path))
    writer._file = whole
    writer.close()
    assert read_events(path) == [step(1)]


def test_a_new_file_in_place_of_the_old_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write(path, step(1), step(2), step(3))
    tail = EventTail(path)
    tail.read()
    keep_prefix(path, len(encode(step(1))))
    write(path, step(4))
    assert [event["step"] for event in tail.read()] == [1, 4]
    assert tail.reset
    tail.read()
    assert not tail.reset


def test_damaged_lines_are_counted_and_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_bytes(b'{"event":"st\n\xff\xfe\n[1]\n{"no":"event"}\n' + encode(step(1)))
    tail = EventTail(path)
    assert tail.read() == [step(1)]
    assert tail.damaged == 4


def test_thinned_reading_keeps_all_but_steps_and_the_last_step(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    epoch = {"event": "epoch", "epoch": 1}
    write(path, *(step(n) for n in range(1, 50)), epoch, *(step(n) for n in range(50, 100)))
    events = EventTail(path).read(every=30)
    assert epoch in events
    steps = [event["step"] for event in events if event["event"] == "step"]
    assert steps[-1] == 99
    assert len(steps) <= 5


def test_thinned_reading_keeps_of_the_paces_the_last(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    paces = [{"event": "pace", "time": n, "images_per_second": n} for n in range(1, 4)]
    write(path, step(1), paces[0], step(2), paces[1], paces[2], step(3))
    assert EventTail(path).read(every=1000) == [step(1), paces[2], step(3)]


def test_a_number_that_is_not_finite_becomes_null() -> None:
    line = encode({"event": "step", "loss": float("nan"), "all": [float("inf"), 1.0]})
    assert json.loads(line) == {"event": "step", "loss": None, "all": [None, 1.0]}


@given(st.binary(max_size=200))
def test_no_line_whatever_it_holds_is_a_crash(line: bytes) -> None:
    event = decode(line)
    assert event is None or isinstance(event["event"], str)


def test_catching_up_gives_the_curve_that_following_gives(tmp_path: Path) -> None:
    folder = record_run(tmp_path, Recording(epochs=4, steps_per_epoch=50, done=3.5))
    followed, caught_up = RunFeed(folder), RunFeed(folder)
    while followed.advance():
        pass
    shares: list[float] = []
    caught_up.catch_up(shares.append)
    assert caught_up.state == followed.state
    assert shares[-1] == pytest.approx(1.0)
    assert not caught_up.is_far_behind


def test_a_feed_starts_anew_with_a_new_file(tmp_path: Path) -> None:
    folder = record_run(tmp_path, Recording(epochs=4, steps_per_epoch=50, done=3.5))
    feed = RunFeed(folder)
    feed.advance()
    assert feed.state.step == 175
    events = read_events(folder.metrics)
    kept = next(n for n, event in enumerate(events, 1) if event.get("step") == 20)
    length = sum(len(encode(event)) for event in events[:kept])
    keep_prefix(folder.metrics, length)
    feed.advance()
    assert feed.state.step == 20
