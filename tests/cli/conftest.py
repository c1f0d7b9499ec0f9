"""Running the command line inside the test's own process, and runs to try it on."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workbench.cli.main import run
from workbench.config.presets import load_preset
from workbench.runs.live.launch import prepare, write_launch
from workbench.runs.live.process import ProcessIdentity
from workbench.runs.store.folder import RunFolder


@dataclass(frozen=True)
class Result:
    """What a command left behind."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """stdout as the one strict JSON document that it must be."""
        return json.loads(self.out, parse_constant=_refuse)


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no strict JSON")


Workbench = Callable[..., Result]
Scripted = Callable[[str], RunFolder]


@pytest.fixture
def workbench(capfd: pytest.CaptureFixture[str]) -> Workbench:
    """Run ``workbench ARGUMENTS…`` and give its status, stdout and stderr."""

    def call(*arguments: object) -> Result:
        capfd.readouterr()
        status = run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Result(status, out, err)

    return call


@pytest.fixture
def scripted(tmp_path: Path) -> Iterator[Scripted]:
    """Start a scripted worker that will ``crash``, ``fail``, ``finish`` or wait ``until asked``."""
    children: list[subprocess.Popen[bytes]] = []

    def start(how: str) -> RunFolder:
        folder = prepare(load_preset("quick/digits"), tmp_path / "runs", f"run-{len(children)}")
        script = Path(__file__).with_name("scripted_worker.py")
        with folder.log.open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, str(script), str(folder.path), how],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        children.append(child)
        write_launch(folder, ProcessIdentity.of(child.pid))
        return folder

    yield start
    for child in children:
        child.kill()
        child.wait()
