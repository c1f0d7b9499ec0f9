"""Run folders that somebody else made, or a bad disk damaged: what may be in them, what must hold.

The suite tries a few (``tests/cli/test_hostile_folders.py``), ``benchmarks/fuzz.py`` many.
"""

import contextlib
import io
import json
import os
import re
import shutil
import signal
import socket
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import strategies as st

import workbench.runs.live.launch  # noqa: F401 (before what starts processes is replaced)
from workbench.cli.main import run
from workbench.runs.history.state import RunState
from workbench.runs.store.events import EventTail
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.gallery import read_gallery

GOOD = Path(__file__).parent / "fixtures" / "runs_0_1" / "finished"  # a small finished run
PATIENCE = 20  # seconds after which a command hangs
FILES = (
    *("config.toml", "launch.toml", "record.toml", "parent.toml", "control.toml", "notes.toml"),
    *("sweep.toml", "metrics.jsonl", "layers.json", "gallery.npz", "worker.log", "worker.lock"),
    *("heartbeat", "evaluations", "evaluations/crop.json", "checkpoints", "checkpoints/last"),
    "checkpoints/step-000000015/state.json",
    "checkpoints/step-000000015/weights.safetensors",
)
HUGE = "9" * 5000
VALUES = (  # in place of a value, in TOML and JSON alike or nearly
    *("0x" + "f" * 4000, HUGE, "-1", "1e999", "inf", "nan", "true", "[]", "{}", '""', "[[[[]]]]"),
    *('"\\u009b31m\\u007f\\u202e[red]"', '"../../../etc/passwd"', "1e308", "-9223372036854775808"),
    "[" * 3000 + "]" * 3000,
)
TEXTS = (
    b"",
    b"\x00" * 100,
    b"\xff\xfe\x9b",
    b"[" * 5000,
    b"a = " + HUGE.encode(),
    b'{"event":"step"',
)
COMMANDS: tuple[tuple[str, ...], ...] = (
    *(("runs",), ("runs", "--json"), ("show", "bad"), ("show", "bad", "--json")),
    *(("compare", "bad", "good"), ("compare", "bad", "good", "--json"), ("report", "bad")),
    *(("export", "bad", "--format", "csv"), ("export", "bad", "--format", "json")),
    *(("tag", "bad", "--add", "x"), ("delete", "bad"), ("archive", "bad"), ("resume", "bad")),
    *(("pause", "bad", "--no-wait"), ("stop", "bad", "--no-wait")),
    ("runs", "acc>0.01", "optimizer.lr>0"),
)  # fmt: skip


@dataclass(frozen=True)
class Damage:
    """What was done to one file of a run."""

    file: str
    kind: str  # pipe, socket, zero, outside, loop, folder, sparse, text, value
    content: bytes | str = b""
    place: int = 0  # which of the file's values, for ``value``

    def do(self, folder: Path, outside: Path) -> None:
        """Do it to a run's folder; ``outside`` is a file that nothing may touch."""
        path = folder / self.file
        if not path.parent.is_dir() and path.parent.name == "evaluations":
            path.parent.mkdir()
        before = path.read_bytes() if path.is_file() else b""
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        match self.kind:
            case "pipe":
                os.mkfifo(path)
            case "socket":
                with socket.socket(socket.AF_UNIX) as server, contextlib.chdir(path.parent):
                    server.bind(path.name)  # by name: a socket's path may not be long
            case "zero":
                path.symlink_to("/dev/zero")
            case "outside":
                path.symlink_to(outside if "." in path.name else outside.parent)
            case "loop":
                path.symlink_to(path.name)
            case "folder":
                path.mkdir()
            case "sparse":
                path.touch()
                os.truncate(path, 1 << 36)
            case "text":
                path.write_bytes(bytes(self.content))  # type: ignore[arg-type]
            case "value":
                path.write_text(_with_value(before.decode(errors="replace"), self), "utf-8")


def _with_value(text: str, damage: Damage) -> str:
    """The text with one of its values (after ``=`` or ``:``) replaced."""
    found = list(re.finditer(r"[=:]\s*([^,\n{}\[\]]+)", text))
    if not found:
        return f"a = {damage.content!s}"
    start, end = found[damage.place % len(found)].span(1)
    return f"{text[:start]}{damage.content!s}{text[end:]}"


kinds = st.sampled_from(["pipe", "socket", "zero", "outside", "loop", "folder", "sparse"])
damages = st.one_of(
    st.builds(Damage, st.sampled_from(FILES), kinds),
    st.builds(
        Damage, st.sampled_from(FILES), st.just("text"), st.sampled_from(TEXTS) | st.binary()
    ),
    st.builds(
        Damage,
        st.sampled_from([name for name in FILES if name.endswith((".toml", ".json", ".jsonl"))]),
        st.just("value"),
        st.sampled_from(VALUES) | st.text(max_size=8),
        st.integers(0, 400),
    ),
)
commands = st.sampled_from(COMMANDS)


def check(found: list[Damage], command: tuple[str, ...], scratch: Path) -> None:
    """Run one command on a damaged run beside a good one; AssertionError where it must not end so.

    It ends, with status 0, 1 or 2 and without a traceback; what it prints holds no control
    characters; nothing outside the runs folder is written; JSON is one strict document.
    """
    root, outside = scratch / "runs", scratch / "outside" / "precious.txt"
    outside.parent.mkdir(parents=True)
    outside.write_text("precious\n")
    os.utime(outside, (1e9, 1e9))
    for name in ("good", "bad"):
        shutil.copytree(GOOD, root / name, symlinks=True)
    for damage in sorted({d.file: d for d in found}.values(), key=lambda d: -d.file.count("/")):
        damage.do(root / "bad", outside)  # what is inside a folder before the folder
    work = scratch / "work"
    work.mkdir()
    with contextlib.chdir(work):
        status, out, err = _run([*command[:1], "--runs-dir", str(root), *command[1:]])
    _look(RunFolder(root / "bad"))
    assert status in (0, 1, 2), (status, err)
    assert "Traceback" not in err, err
    if command in (("runs",), ("runs", "--json")):
        assert status == 0 and "good" in out and "bad" in out, (out, err)
    for text in (out, err):
        bad = [c for c in text if unicodedata.category(c) in ("Cc", "Cf") and c not in "\n"]
        assert not bad, bad
    if "--json" in command and status == 0:
        json.loads(out, parse_constant=lambda name: _refuse(name))
    assert outside.read_text() == "precious\n" and outside.stat().st_mtime == 1e9
    assert [path.name for path in outside.parent.iterdir()] == ["precious.txt"]


def _run(arguments: list[str]) -> tuple[int, str, str]:
    out, err = Stream(), Stream()
    with (
        patch("subprocess.Popen", _NoProcess),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        hanging_ends(),
    ):
        status = run(arguments)
    return status, out.getvalue(), err.getvalue()


def _look(folder: RunFolder) -> None:
    """Read what a screen reads."""
    with hanging_ends():
        state, tail = RunState(), EventTail(folder.metrics)
        for _ in range(3):  # a screen takes portions too
            state.fold(tail.read(limit=1 << 16))
        read_gallery(folder.gallery)


class Stream(io.StringIO):
    """In place of stdout or stderr."""

    def fileno(self) -> int:
        """Of nothing: a command that silences it silences nobody."""
        return os.open(os.devnull, os.O_WRONLY)


class _NoProcess:
    """In place of a worker: it never was."""

    pid = 2**22 + 1

    def __init__(self, *_: Any, **__: Any) -> None: ...

    def poll(self) -> int:
        return 0


@contextlib.contextmanager
def hanging_ends() -> Iterator[None]:
    """An AssertionError where what is inside takes longer than ``PATIENCE``."""

    def end(*_: object) -> None:
        raise AssertionError(f"it hangs: {PATIENCE} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(PATIENCE)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _refuse(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")
