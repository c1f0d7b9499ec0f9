"""Running the command line inside the test's own process."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from workbench.cli.main import run


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


@pytest.fixture
def workbench(capfd: pytest.CaptureFixture[str]) -> Workbench:
    """Run ``workbench ARGUMENTS…`` and give its status, stdout and stderr."""

    def call(*arguments: object) -> Result:
        capfd.readouterr()
        status = run([str(argument) for argument in arguments])
        out, err = capfd.readouterr()
        return Result(status, out, err)

    return call
