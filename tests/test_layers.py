"""Who may import whom, statically and in a running interpreter."""

import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import workbench

ROOT = Path(__file__).parents[1]
TORCH_FREE = ("system", "catalog", "formatting", "config", "runs", "sweeps", "reports", "api")


def modules_below(name: str) -> Iterator[str]:
    """``name`` and every module below it."""
    yield name
    for folder in workbench.__path__:
        below = Path(folder).joinpath(*name.split(".")[1:])
        for found in pkgutil.walk_packages([str(below)], f"{name}."):
            yield found.name


def imported_by(*names: str) -> set[str]:
    """Top-level packages in ``sys.modules`` after importing ``names`` in a fresh interpreter."""
    code = (
        f"import importlib, sys; [importlib.import_module(n) for n in {names!r}]; "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_contracts() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_whole_screen_holds_no_torch() -> None:
    names = imported_by(*modules_below("workbench.ui"))
    assert "textual" in names
    assert not names & {"torch", "torchvision", "sklearn"}


@pytest.mark.parametrize("name", TORCH_FREE)
def test_what_both_sides_know_holds_neither(name: str) -> None:
    names = imported_by(*modules_below(f"workbench.{name}"))
    assert not names & {"torch", "torchvision", "textual", "sklearn"}


def test_the_torch_side_holds_no_screen() -> None:
    sides = ("models", "data", "tasks", "analysis", "training")
    names = imported_by(*(name for side in sides for name in modules_below(f"workbench.{side}")))
    assert "torch" in names and "textual" not in names
