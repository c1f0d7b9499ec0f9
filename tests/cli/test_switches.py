"""Every command has the switches that its kind has, and each means the same everywhere."""

import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from tests.cli.conftest import Scripted, Workbench
from workbench.cli.main import COMMANDS, root
from workbench.config import read_config
from workbench.config.presets import load_preset
from workbench.runs.live.launch import prepare
from workbench.runs.live.status import read_status
from workbench.runs.store.folder import RunFolder
from workbench.sweeps.folder import SweepFolder, begin, open_sweep, stored_sweep

STARTS = {"train", "resume", "replay", "sweep"}
ALIKE = {"--device", "--data", "--name", "--runs-dir", "--detach", "--follow", "--json"}
ROOT = Path(__file__).parents[2]
NEEDS = {"export": ("--format", "json"), "predict": ("no.png",), "compare": ("other",)}
# What is asked here of a run that has not begun to train cannot be done, whoever finds it.
EARLY = {"stop": 1, "pause": 1, "evaluate": 1, "predict": 1}
# What there was before the switches were made alike: all of it goes on to work.
BEFORE = """
presets --json
summary --set --input --budget --format --sort --json
scale --set --depth --width --resolution --json
data --set --data --json
train --set --data --runs-dir --name --device --detach --json
runs --runs-dir --sort --reverse --limit --json
show --runs-dir --log --follow --json
stop --runs-dir --wait --no-wait --json
pause --runs-dir --wait --no-wait --json
resume --set --runs-dir --follow --json
replay --verify --runs-dir --json
queue --front --runs-dir --json
evaluate --crop --split --weights --device --data --runs-dir --json
compare --against --curve --layers --format --runs-dir --json
sweep --set --jobs --name --resume --plan --table --detach --list --data --runs-dir --json
report -o --output --format --runs-dir --json
predict --top --weights --device --show --no-show --runs-dir --json
export --format -o --output --weights --runs-dir --json
import --name --runs-dir --json
tag --remove --star --no-star --note --runs-dir --json
delete --runs-dir --json
restore --runs-dir --json
archive --runs-dir --json
roots --add --remove --runs-dir --json
doctor --runs-dir --data --json
"""


def command(name: str) -> click.Command:
    found = root.get_command(click.Context(root), name)
    assert found is not None
    return found


def options(name: str) -> Iterator[click.Option]:
    return (each for each in command(name).params if isinstance(each, click.Option))


def switches(name: str) -> set[str]:
    return {text for each in options(name) for text in (*each.opts, *each.secondary_opts)}


def takes(name: str) -> str:
    arguments = (each for each in command(name).params if isinstance(each, click.Argument))
    return " ".join(each.metavar or "" for each in arguments)


TAKE_RUN = [name for name in COMMANDS if "RUN" in takes(name)]


def test_the_page_is_what_the_program_says(capsys: pytest.CaptureFixture[str]) -> None:
    page = runpy.run_path(str(ROOT / "docs" / "commands.py"))["page"]()
    print(page)
    assert (ROOT / "docs" / "commands.md").read_text() == page, "run `make commands`"


def test_each_command_has_the_switches_of_its_kind() -> None:
    for name in COMMANDS:
        has = switches(name)
        assert "--json" in has, name
        assert "RUN" not in takes(name) or "--runs-dir" in has, name
        assert "PRESET" not in takes(name) or "--set" in has, name
    assert {name for name in COMMANDS if "--detach" in switches(name)} == STARTS
    for name in STARTS:
        assert switches(name) >= ALIKE, name
        assert ("--set" in switches(name)) == (name != "replay"), name  # repeats what there is


def test_a_switch_means_the_same_wherever_it_is() -> None:
    said: dict[str, set[str | None]] = {}
    for name in COMMANDS:
        for each in options(name):
            if each.opts[-1] != "--list":  # of what, the command says
                said.setdefault(each.opts[-1], set()).add(each.help)
    assert {
        switch: helps for switch, helps in said.items() if len(helps) > 1 or None in helps
    } == {}


def test_old_spellings_are_there() -> None:
    for line in BEFORE.strip().splitlines():
        name, *had = line.split()
        assert set(had) <= switches(name), name


@pytest.mark.parametrize("name", COMMANDS)
def test_short_help(workbench: Workbench, name: str) -> None:
    assert workbench(name, "-h").out == workbench(name, "--help").out != ""


@pytest.mark.parametrize("name", TAKE_RUN)
def test_a_run_that_is_not_there(workbench: Workbench, home: Path, name: str) -> None:
    result = workbench(name, "nobody", *NEEDS.get(name, ()))
    assert (result.status, result.out) == (2, "")
    assert "no run 'nobody'" in result.err and result.err.count("\n") == 1


@pytest.mark.parametrize("name", TAKE_RUN)
def test_a_run_by_id_by_prefix_and_by_its_folder(
    workbench: Workbench, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.runs.live.launch.start_worker", lambda *_: 0)
    monkeypatch.chdir(tmp_path)
    for number, how in enumerate(("digits-one", "digits", "folder")):
        runs = tmp_path / str(number)
        place = runs
        for run in ("digits-one", "other"):
            prepare(load_preset("quick/digits"), runs, run)
        if name == "restore":
            workbench("delete", "digits-one", "--runs-dir", runs)
            place = runs / ".trash"
        asked = place / "digits-one" if how == "folder" else how
        detach = ("--detach",) if name in STARTS else ()
        result = workbench(name, asked, *NEEDS.get(name, ()), *detach, "--runs-dir", runs)
        assert "no run" not in result.err and "Traceback" not in result.err, result
        assert result.status == EARLY.get(name, 0), result


def test_a_run_by_the_folder_above(
    workbench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = prepare(load_preset("quick/digits"), tmp_path, "one")
    (folder.path / "evaluations").mkdir()
    monkeypatch.chdir(folder.path / "evaluations")
    assert workbench("show", "..", "--json").document["id"] == "one"


@pytest.mark.parametrize("name", sorted(STARTS))
def test_both_are_refused(workbench: Workbench, home: Path, name: str) -> None:
    result = workbench(name, "quick/digits", "--detach", "--follow")
    assert (result.status, result.out) == (2, "")
    assert result.err == "workbench: --detach and --follow: give one of them\n"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of what was started, in place of workers and coordinators."""
    ids: list[str] = []

    def start(folder: RunFolder | SweepFolder, *_: Any, **__: Any) -> int:
        ids.append(folder.path.name)
        return 0

    monkeypatch.setattr("workbench.runs.live.launch.start_worker", start)
    monkeypatch.setattr("workbench.sweeps.launch.start_coordinator", start)
    return ids


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    path = tmp_path / "rates.toml"
    path.write_text('preset = "quick/digits"\n[grid]\noptimizer.lr = [0.1, 0.2]\n')
    return path


@pytest.mark.parametrize("as_json", [False, True])
@pytest.mark.parametrize("name", sorted(STARTS))
def test_detached_it_prints_the_id_and_returns(
    workbench: Workbench, tmp_path: Path, sweep: Path, started: list[str], name: str, as_json: bool
) -> None:
    runs = tmp_path / "runs"
    prepare(load_preset("quick/digits"), runs, "one")
    what = {"train": "quick/digits", "sweep": sweep}.get(name, "one")
    wanted = () if name == "resume" else ("--name", "two")
    json = ("--json",) if as_json else ()
    result = workbench(name, what, *wanted, "--detach", "--runs-dir", runs, *json)
    id = "one" if name == "resume" else "two"
    assert result.status == 0 and started == [id]
    if as_json:
        assert result.document["id"] == id and Path(result.document["path"]).name == id
    else:
        assert result.out == f"{id}\n"


def test_what_each_does_when_it_is_told_neither(
    workbench: Workbench, tmp_path: Path, started: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    watched: list[str] = []

    def watch(folder: RunFolder, *, json_document: bool) -> int:
        watched.append(folder.id)
        return 0

    monkeypatch.setattr("workbench.cli.console.watching.watch", watch)
    runs = ("--runs-dir", tmp_path)
    assert workbench("train", "quick/digits", "--name", "one", *runs).status == 0
    assert workbench("resume", "one", *runs).status == 0
    assert workbench("replay", "one", "--name", "two", *runs).status == 0
    assert workbench("resume", "two", "--follow", *runs).status == 0
    assert started == ["one", "one", "two", "two"] and watched == ["one", "two", "two"]


def test_a_detached_replay_cannot_verify(workbench: Workbench, home: Path) -> None:
    result = workbench("replay", "any", "--verify", "--detach")
    assert (result.status, result.out) == (2, "") and result.err.count("\n") == 1
    assert "--verify" in result.err and "--detach" in result.err


def test_a_replay_elsewhere_is_refused_before_it_exists(
    workbench: Workbench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.system.gpus.gpu_count", lambda: 0)
    prepare(load_preset("quick/digits"), tmp_path, "one")
    for request in (("replay",), ("resume", "--set", "train.epochs=30")):
        result = workbench(*request, "one", "--device", "cuda", "--runs-dir", tmp_path)
        assert result.status == 2 and "no cuda" in result.err and result.err.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_resume_on_another_device_makes_a_child(
    workbench: Workbench, finished: RunFolder, started: list[str]
) -> None:
    runs = ("--runs-dir", finished.path.parent)
    same = workbench("resume", finished.id, "--device", "cpu", *runs)  # as it is: no child
    assert same.status == 1 and "is finished" in same.err
    named = workbench("resume", finished.id, "--name", "new", *runs)
    assert named.status == 2 and "--name" in named.err and started == []
    other = workbench("resume", finished.id, "--device", "auto", "--name", "new", *runs, "--json")
    assert other.document["id"] == "new" and other.document["done"] == "child"
    assert read_config(finished.path.parent / "new" / "config.toml").train.device == "auto"


def test_a_sweep_takes_a_device_and_is_not_started_twice(
    workbench: Workbench, tmp_path: Path, sweep: Path, started: list[str]
) -> None:
    runs = tmp_path / "runs"
    first = workbench("sweep", sweep, "--device", "cpu", "--detach", "--runs-dir", runs)
    folder = open_sweep("rates", runs)
    assert first.status == 0 and '"cpu"' in folder.spec.read_text()
    begin(folder, stored_sweep(folder))  # this process coordinates it now
    again = workbench("sweep", sweep, "--detach", "--runs-dir", runs)
    assert again.status == 2 and "coordinated by another process" in again.err
    assert started == ["rates"]


def test_a_sweep_on_a_gpu_that_is_not_there(
    workbench: Workbench, tmp_path: Path, sweep: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.system.gpus.gpu_count", lambda: 0)
    runs = tmp_path / "runs"
    for switch in ("--detach", "--follow"):
        result = workbench("sweep", sweep, "--device", "cuda", switch, "--runs-dir", runs)
        assert result.status == 2 and "no cuda" in result.err and not runs.exists()


def test_a_replay_that_ends_early_is_one_document_too(
    workbench: Workbench, finished: RunFolder, started: list[str]
) -> None:
    runs = ("--runs-dir", finished.path.parent)
    result = workbench("replay", finished.id, "--verify", "--json", *runs)
    assert result.status == 1  # nothing was really started: it counts as crashed
    assert result.document["same"] is None and result.document["original"] == finished.id
    assert result.document["record"]["status"] == "crashed"


@pytest.mark.parametrize("how", ["resume", "train"])
def test_whoever_leaves_early_gets_one_document_too(
    workbench: Workbench, scripted: Scripted, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    from workbench.cli.console import watching

    folder = scripted("until asked")
    while read_status(folder).name != "running":
        pass

    def leave(*_: Any) -> None:
        raise watching.Left

    monkeypatch.setattr(watching, "_until_ended", leave)
    if how == "train":
        monkeypatch.setattr("workbench.cli.training.train.start_run", lambda *_: folder)
    what = "quick/digits" if how == "train" else folder.path
    result = workbench(how, what, "--follow", "--json")
    assert result.status == 130 and result.document["status"] == "running"


def test_a_curve_that_no_run_has(workbench: Workbench, finished: RunFolder, tmp_path: Path) -> None:
    other = prepare(load_preset("quick/digits"), finished.path.parent, "other")
    result = workbench("compare", finished.path, other.path, "--curve", "accurazy")
    assert result.status == 2 and "--curve 'accurazy'" in result.err
    assert "val_accuracy" in result.err and result.err.count("\n") == 1


def test_lists_are_changed_by_the_same_two_switches(workbench: Workbench, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    prepare(load_preset("quick/digits"), runs, "one")
    asked = ("tag", "one", "plain", "--add", "good", "--add", "old", "--runs-dir", runs, "--json")
    assert set(workbench(*asked).document["tags"]) == {"plain", "good", "old"}
    disks = [tmp_path / name for name in "ab"]
    for disk in disks:
        disk.mkdir()
    adds = [part for disk in disks for part in ("--add", disk)]
    listed = workbench("roots", *adds, "--runs-dir", runs, "--json").document
    assert [row["path"] for row in listed] == [str(runs), *map(str, disks)]
