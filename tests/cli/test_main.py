"""The root command: what it imports, what it opens, and how it ends when stdout is no use."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Workbench
from workbench.cli import main
from workbench.cli.main import COMMANDS, run

HEAVY = "{'torch', 'torchvision', 'textual', 'sklearn', 'numpy'}"


@pytest.mark.parametrize(
    "arguments", [["--help"], ["train", "--help"], ["presets"], ["runs"], ["show", "nobody"]]
)
def test_these_import_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import sys; from workbench.cli.main import run; "
        f"run({arguments!r}); print(sorted({HEAVY} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(workbench: Workbench, name: str) -> None:
    result = workbench(name, "--help")
    assert result.status == 0 and result.err == ""
    assert f"workbench {name}" in result.out
    command = main.root.get_command(
        main.root.make_context("workbench", ["--help"], resilient_parsing=True), name
    )
    assert command is not None and command.short_help


def test_help_lists_every_command(workbench: Workbench) -> None:
    listed = workbench("--help").out.partition("Commands:")[2]
    assert [line.split()[0] for line in listed.splitlines() if line.strip()] == list(COMMANDS)


def test_version(workbench: Workbench) -> None:
    import workbench as package

    assert workbench("--version").out == f"workbench, version {package.__version__}\n"


def test_without_a_command_the_screen_opens(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[tuple[Path, Path | None]] = []
    monkeypatch.setattr("workbench.ui.app.run_app", lambda *folders: opened.append(folders))
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert run(["--runs-dir", str(tmp_path), "--data", "images"]) == 0
    assert opened == [(tmp_path, Path("images"))]


def test_options_before_the_command_count_for_it(workbench: Workbench, tmp_path: Path) -> None:
    assert str(tmp_path) in workbench("--runs-dir", tmp_path, "runs").err
    other = tmp_path / "other"
    assert str(other) in workbench("--runs-dir", tmp_path, "runs", "--runs-dir", other).err


def test_runs_directory_from_the_environment(
    workbench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_RUNS", str(tmp_path))
    assert str(tmp_path) in workbench("runs").err


def test_a_wrong_request_for_images_is_said_before_the_screen_opens(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr("workbench.ui.app.run_app", lambda *_: pytest.fail("was opened"))
    monkeypatch.setenv("WORKBENCH_IMAGES", "best")
    result = workbench()
    assert result.status == 2
    assert result.err == "workbench: WORKBENCH_IMAGES=best: must be kitty, sixel or half-blocks\n"


def test_full_disk_on_stdout() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "workbench", "presets"], stdout=full, stderr=subprocess.PIPE
        )
    assert done.returncode == 1
    assert done.stderr == b"workbench: standard output: No space left on device\n"


def test_a_reader_that_has_gone_is_no_error_message() -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "workbench", "presets", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None and child.stderr is not None
    child.stdout.close()
    assert child.stderr.read() == b""
    child.stderr.close()
    assert child.wait() == 1
