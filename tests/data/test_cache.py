"""The decode cache: built once, by one, resumed when killed, published whole."""

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from filelock import FileLock

from workbench.catalog.image_folder import find_images
from workbench.catalog.listing import ImageFile
from workbench.data import cache
from workbench.data.cache import Decoded, Decoding, decoded
from workbench.data.dataset import no_progress
from workbench.data.decode import decode
from workbench.data.reading_watch import ReadingWatch
from workbench.errors import DataError

HOW = Decoding(size=8, channels=3, fit="crop")


@pytest.fixture
def root(folder: Callable[..., Path]) -> Path:
    return folder({"a": 100, "b": 100})


@pytest.fixture
def files(root: Path) -> tuple[ImageFile, ...]:
    return find_images(root).train


def build(root: Path, files: tuple[ImageFile, ...], how: Decoding = HOW) -> Decoded:
    return decoded(root, files, how, no_progress)


def test_it_holds_what_decoding_gives(root: Path, files: tuple[ImageFile, ...]) -> None:
    found = build(root, files)
    assert found.images.shape == (200, 3, 8, 8) and found.good.all()
    for row in (0, 63, 64, 199):
        pixels = torch.from_numpy(decode(root / files[row].path, 8, 3, "crop").copy())
        assert torch.equal(found.images[row].permute(1, 2, 0), pixels)


def test_it_decodes_once(
    root: Path, files: tuple[ImageFile, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build(root, files)
    monkeypatch.setattr(cache, "decode", None)  # a second decoding would fail
    again = build(root, files)
    assert again.content_hash == first.content_hash
    assert torch.equal(again.images, first.images)


@pytest.mark.parametrize(
    "how", [Decoding(9, 3, "crop"), Decoding(8, 1, "crop"), Decoding(8, 3, "pad")]
)
def test_each_setting_has_its_own(root: Path, files: tuple[ImageFile, ...], how: Decoding) -> None:
    assert build(root, files).folder != build(root, files, how).folder


def test_progress_counts_to_the_end(root: Path, files: tuple[ImageFile, ...]) -> None:
    told: list[tuple[str, int, int]] = []
    decoded(root, files, HOW, lambda *what: told.append(what))
    counts = [done for _, done, _ in told]
    assert counts[0] == 0 and counts[-1] == 200 and counts == sorted(counts)
    assert {total for *_, total in told} == {200}


def test_a_stopped_build_goes_on_where_it_was(
    root: Path, files: tuple[ImageFile, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped, begun = threading.Event(), itertools.count()

    def decode_some(*args: Any) -> Any:
        if next(begun) >= 150:  # however slow the one that stops them: not all get done
            stopped.wait(60)
            raise BrokenPipeError
        return decode(*args)

    def stop(message: str, done: int, total: int) -> None:
        if done:
            stopped.set()
            raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(cache, "decode", decode_some)
        decoded(root, files, HOW, stop)
    told: list[int] = []
    decoded(root, files, HOW, lambda message, done, total: told.append(done))
    assert 0 < told[0] <= 150 and told[-1] == 200


KILLED = """
import os, signal, sys
from pathlib import Path
from workbench.data.cache import Decoding, decoded
from workbench.catalog.image_folder import find_images

def die(message, done, total):
    if done:
        os.kill(os.getpid(), signal.SIGKILL)

root = Path(sys.argv[1])
decoded(root, find_images(root).train, Decoding(8, 3, "crop"), die)
"""


def test_a_killed_builder_leaves_no_half_cache(root: Path, files: tuple[ImageFile, ...]) -> None:
    died = subprocess.run([sys.executable, "-c", KILLED, str(root)], check=False)
    assert died.returncode == -9
    told: list[int] = []
    found = decoded(root, files, HOW, lambda message, done, total: told.append(done))
    assert told[0] > 0  # what was done before is not done again
    assert found.good.all()
    pixels = torch.from_numpy(decode(root / files[0].path, 8, 3, "crop").copy())
    assert torch.equal(found.images[0].permute(1, 2, 0), pixels)


def test_a_second_builder_waits_and_says_so(
    root: Path, files: tuple[ImageFile, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "POLL", 0.01)
    folder = cache.cache_folder() / "pictures" / cache._key(root, files, HOW)
    folder.parent.mkdir(parents=True)
    lock = FileLock(folder.with_suffix(".lock"))
    lock.acquire()
    told: list[str] = []

    def hear(message: str, done: int, total: int) -> None:
        told.append(message)
        lock.release()

    decoded(root, files, HOW, hear)
    assert told[0] == "another run is decoding these images"
    assert told[-1] == "decoding images"


def test_a_file_that_disappears_is_a_problem_not_an_end(
    root: Path, files: tuple[ImageFile, ...]
) -> None:
    (root / files[3].path).unlink()
    found = build(root, files)
    assert found.problems == [(files[3].path, "has disappeared")]
    assert found.good.tolist() == [row != 3 for row in range(200)]


def test_no_room_is_said_before_anything_is_written(
    root: Path, files: tuple[ImageFile, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "SPARE", 1 << 62)
    with pytest.raises(DataError, match=r"MB are free; make room or .*WORKBENCH_CACHE"):
        build(root, files)
    assert not list(cache.cache_folder().rglob("images.uint8"))


def test_a_cache_that_cannot_be_written_is_named(
    root: Path, files: tuple[ImageFile, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path / "file"))
    with pytest.raises(DataError, match=r"name another folder in \$WORKBENCH_CACHE"):
        build(root, files)


def test_odd_names_are_only_names(folder: Callable[..., Path]) -> None:
    root = folder({"[red]": 3, "a b;c": 3})
    name = os.fsdecode(b"\xff.png")  # not UTF-8
    (root / "[red]" / "000.png").rename(root / "[red]" / name)
    found = build(root, find_images(root).train)
    assert found.good.all()


def test_what_nobody_opens_is_forgotten_when_another_is_built(
    root: Path, files: tuple[ImageFile, ...]
) -> None:
    old, used = build(root, files), build(root, files, Decoding(9, 3, "crop"))
    for found in (old, used):
        os.utime(found.folder / cache.META, (1, 1))
    build(root, files, Decoding(9, 3, "crop"))  # opened again
    build(root, files, Decoding(10, 3, "crop"))  # built
    assert not old.folder.exists() and used.folder.exists()
    assert old.images.sum() > 0  # still mapped


def test_a_file_that_takes_long_is_named(
    root: Path, files: tuple[ImageFile, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, told, heard = itertools.count(0.0, 3.0), list[tuple[str, int, int]](), threading.Event()
    watch = ReadingWatch(lambda: next(clock))  # three seconds between any two looks
    monkeypatch.setattr(cache, "ReadingWatch", lambda: watch)
    monkeypatch.setattr(cache, "POLL", 0.001)

    def decode_slowly(path: Path, *how: Any) -> Any:
        if path.name == files[3].path.rpartition("/")[2]:
            heard.wait(60)
        return decode(path, *how)

    def hear(*what: Any) -> None:
        told.append(what)
        if what[0].startswith(f"reading {files[3].path} for "):  # of others, on a busy machine
            heard.set()

    monkeypatch.setattr(cache, "decode", decode_slowly)
    found = decoded(root, files[:10], HOW, hear)
    assert found.good.all() and told[-1] == ("decoding images", 10, 10)
    assert any(message.startswith(f"reading {files[3].path} for ") for message, *_ in told)


def test_what_is_read_is_told_after_ten_silent_seconds_and_every_ten() -> None:
    now = 0.0
    watch = ReadingWatch(lambda: now)

    def after(seconds: float) -> str:
        nonlocal now
        now += seconds
        return watch.complaint()

    assert after(60) == ""  # nothing is being read
    with watch.reading("a/x.png"):
        assert after(9) == "" and after(3) == "reading a/x.png for 12 s"
        assert after(9) == "" and after(1) == "reading a/x.png for 22 s"
        with watch.reading("b/y.png"):
            now += 30
        assert after(9) == ""  # another has ended meanwhile
