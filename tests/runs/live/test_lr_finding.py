"""Asking a process for a range test: its progress, its answer, its errors, and its end."""

import asyncio
import sys
from pathlib import Path

import pytest

from workbench.config.lr_range import Span
from workbench.config.presets import load_preset
from workbench.errors import RunError
from workbench.runs.live import lr_finding
from workbench.runs.live.lr_finding import find_lr

CONFIG = load_preset("quick/digits")


def script(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *lines: str) -> None:
    """Have a process of these lines answer."""
    path = tmp_path / "answers.py"
    path.write_text("\n".join(("import os, sys, time", *lines)))
    monkeypatch.setattr(lr_finding, "COMMAND", (sys.executable, str(path)))


async def test_progress_and_result(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script(
        monkeypatch,
        tmp_path,
        "assert b'[optimizer]' in sys.stdin.buffer.read()",
        'print(\'{"progress": ["trying", 1, 2]}\')',
        'print(\'{"result": {"high": %s}}\' % sys.argv[2])',
    )
    said: list[tuple[str, int, int]] = []
    found = await find_lr(CONFIG, Span(1e-3, 2.0, 20), lambda *what: said.append(what))
    assert found == {"high": 2.0} and said == [("trying", 1, 2)]


async def test_a_key_for_the_terminal_does_not_reach_its_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script(
        monkeypatch,
        tmp_path,
        'print(\'{"result": {"session": %d, "pid": %d}}\' % (os.getsid(0), os.getpid()))',
    )
    found = await find_lr(CONFIG, Span(), lambda *_: None)
    assert found["session"] == found["pid"]  # the leader of its own


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('print(\'{"error": "no such data"}\')', "no such data"),
        ("sys.exit(3)", "ended with status 3"),
    ],
)
async def test_errors(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str, words: str
) -> None:
    script(monkeypatch, tmp_path, "sys.stdin.read()", line)
    with pytest.raises(RunError, match=words):
        await find_lr(CONFIG, Span(), lambda *_: None)


async def test_a_cancelled_test_ends_its_process(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script(
        monkeypatch,
        tmp_path,
        'print(\'{"progress": ["%d", 0, 0]}\' % os.getpid(), flush=True)',
        "time.sleep(60)",
    )
    pid: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(find_lr(CONFIG, Span(), lambda what, *_: pid.set_result(what)))
    number = await asyncio.wait_for(pid, 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not Path(f"/proc/{number}").exists()
