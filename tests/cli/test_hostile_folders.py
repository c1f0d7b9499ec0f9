"""A run folder that somebody else made must not hurt: nothing hangs, breaks or writes elsewhere."""

import json
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.cli.conftest import Workbench
from tests.hostile_folders import COMMANDS, FILES, GOOD, Damage, check, commands, damages

BIG = "0x" + "f" * 4000


@pytest.mark.parametrize("file", FILES)
def test_pipes_devices_and_links_are_never_opened(file: str, tmp_path: Path) -> None:
    for number, kind in enumerate(("pipe", "zero", "outside")):
        for command in (("runs",), ("show", "bad", "--json"), ("resume", "bad")):
            check([Damage(file, kind)], command, tmp_path / f"{number}-{command[0]}")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("file", ["record.toml", "config.toml", "launch.toml", "notes.toml"])
def test_a_number_of_thousands_of_digits(
    file: str, command: tuple[str, ...], tmp_path: Path
) -> None:
    check([Damage(file, "text", f"[run]\npid = {BIG}\n".encode())], command, tmp_path / "x")


@given(st.lists(damages, min_size=1, max_size=4), commands)
@settings(max_examples=150)
@example([Damage("launch.toml", "text", b"pid = inf")], ("runs",))
@example([Damage("record.toml", "text", b"[run]\npid = inf")], ("show", "bad"))
@example([Damage("record.toml", "text", b"[result]\nparams = 1e300\n")], ("compare", "bad", "good"))
@example([Damage("record.toml", "text", b"[result]\ntest_accuracy = 1e309\n")], ("report", "bad"))
def test_any_damage_and_any_command(found: list[Damage], command: tuple[str, ...]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        check(found, command, Path(scratch))


def copies(root: Path, *names: str) -> None:
    for name in names:
        shutil.copytree(GOOD, root / name, symlinks=True)


def test_a_log_that_is_a_link_is_not_written(workbench: Workbench, tmp_path: Path) -> None:
    """The worker's words in a shell's start-up file would be commands."""
    copies(tmp_path / "runs", "run")
    folder, startup = tmp_path / "runs" / "run", tmp_path / ".bashrc"
    startup.write_text("# mine\n")
    (folder / "worker.log").unlink()
    (folder / "worker.log").symlink_to(startup)
    (folder / "record.toml").unlink()
    config = (folder / "config.toml").read_text().replace('kind = "adamw"', 'kind = "; rm -rf ~"')
    (folder / "config.toml").write_text(config)

    result = workbench("resume", "run", "--runs-dir", tmp_path / "runs")

    assert result.status == 1
    assert result.err.strip().endswith("cannot start a worker: is a link; a run's files are "
                                       "used only where they lie in its own folder")  # fmt: skip
    assert startup.read_text() == "# mine\n"


@pytest.mark.parametrize("name", ["metrics.jsonl", "heartbeat", "worker.lock", "checkpoints"])
def test_a_worker_writes_through_no_link(name: str, tmp_path: Path) -> None:
    from workbench.training.worker.main import main

    copies(tmp_path, "run")
    outside = tmp_path / "outside"
    path = tmp_path / "run" / name
    if path.is_dir():
        outside.mkdir()
        shutil.rmtree(path)
    else:
        outside.write_text("precious")
        path.unlink()
    path.symlink_to(outside)
    (tmp_path / "run" / "record.toml").unlink()

    assert main([str(tmp_path / "run")]) == 1
    assert outside.read_text() == "precious" if outside.is_file() else not list(outside.iterdir())


def test_evaluations_are_not_kept_through_a_link(tmp_path: Path) -> None:
    from workbench.errors import RequestError
    from workbench.runs.store.evaluations import keep_evaluation
    from workbench.runs.store.folder import RunFolder

    copies(tmp_path, "run")
    (tmp_path / "outside").mkdir()
    (tmp_path / "run" / "evaluations").symlink_to(tmp_path / "outside")

    with pytest.raises(RequestError, match="is a link"):
        keep_evaluation(RunFolder(tmp_path / "run"), "test", {"results": []})
    assert not list((tmp_path / "outside").iterdir())


def test_json_holds_no_control_characters(workbench: Workbench, tmp_path: Path) -> None:
    copies(tmp_path, "run")
    record = tmp_path / "run" / "record.toml"
    evil = 'message = "\\u009b31m\\u007f\\u202eevil"'
    record.write_text(record.read_text() + f"\n[error]\n{evil}\n")

    result = workbench("show", "run", "--json", "--runs-dir", tmp_path)

    assert result.out.isascii() and "\x7f" not in result.out
    assert json.loads(result.out)["error"]["message"] == "\x9b31m\x7f\u202eevil"


def test_an_index_that_is_a_link_is_not_written_through(
    workbench: Workbench, tmp_path: Path
) -> None:
    copies(tmp_path / "runs", "one")
    mine = tmp_path / "mine.sqlite3"
    mine.write_bytes(b"")
    (tmp_path / "runs" / ".index.sqlite3").symlink_to(mine)
    assert workbench("runs", "--runs-dir", tmp_path / "runs").status == 0
    assert mine.read_bytes() == b""


def test_one_bad_folder_does_not_hide_the_others(workbench: Workbench, tmp_path: Path) -> None:
    copies(tmp_path, "one", "two", "three")
    bad = tmp_path / "two" / "config.toml"
    bad.write_text(f"a = {BIG}")

    listed = workbench("runs", "--json", "--runs-dir", tmp_path).document
    assert sorted(row["id"] for row in listed) == ["one", "three", "two"]
    assert workbench("delete", "two", "--runs-dir", tmp_path).status == 0
    assert workbench("runs", "--json", "--runs-dir", tmp_path).document[0]["id"] in ("one", "three")


@pytest.mark.parametrize("value", ["inf", "nan", "1979-05-27", "[1e999]"])
def test_a_configuration_value_that_json_does_not_know(value: str, tmp_path: Path) -> None:
    damage = Damage("config.toml", "text", f"[optimizer]\nlr = {value}\n".encode())
    for number, command in enumerate((("runs", "optimizer.lr>0"), ("runs", "--json"))):
        check([damage], command, tmp_path / str(number))
