"""Switches are the same on every command that has them; docs/commands.md tells them all."""

from pathlib import Path

import click
import pytest

from tests.cli.conftest import Workbench
from workbench.cli.console.reference import switches_table
from workbench.cli.main import COMMANDS, root
from workbench.runs.store.folder import RunFolder

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
STARTS = ("train", "resume", "replay", "sweep")


def options(name: str) -> dict[str, click.Option]:
    with click.Context(root) as context:
        command = root.get_command(context, name)
    assert command is not None
    return {o.opts[-1]: o for o in command.params if isinstance(o, click.Option)}


def test_the_page_has_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8").endswith(switches_table())


@pytest.mark.parametrize("name", STARTS)
def test_what_starts_or_continues_a_worker_takes_the_same(name: str) -> None:
    wanted = {"--detach", "--follow", "--device", "--data", "--name", "--runs-dir", "--json"}
    assert wanted <= options(name).keys()


def test_a_switch_is_explained_alike_wherever_it_is() -> None:
    for switch in ("--runs-dir", "--data", "--json", "--set", "--detach", "--follow"):
        found = {name: options(name).get(switch) for name in COMMANDS}
        texts = {option.help for name, option in found.items() if option and name != "show"}
        assert len(texts) == 1, switch


def test_who_names_a_run_says_where_runs_are() -> None:
    with click.Context(root) as context:
        for name in COMMANDS:
            command = root.get_command(context, name)
            assert command is not None
            arguments = [p.name for p in command.params if isinstance(p, click.Argument)]
            if {"run", "runs"} & {*arguments}:
                assert "--runs-dir" in options(name) and "--json" in options(name), name


@pytest.mark.parametrize("command", [("train", "quick/digits"), ("resume", "x"), ("replay", "x")])
def test_both_at_once_is_refused(workbench: Workbench, command: tuple[str, ...]) -> None:
    result = workbench(*command, "--detach", "--follow")
    assert result.status == 2
    assert result.err.strip() == "workbench: --detach and --follow: give one of them"


def test_a_comparison_needs_the_end(workbench: Workbench, finished: RunFolder) -> None:
    result = workbench("replay", finished.path, "--verify", "--detach")
    assert result.status == 2 and "--verify" in result.err


def test_a_replay_returns_at_once_or_stays(workbench: Workbench, finished: RunFolder) -> None:
    root_folder = finished.path.parent
    left = workbench("replay", "tiny", "--detach", "--json", "--runs-dir", root_folder).document
    assert left["id"] != "tiny"
    stayed = workbench("replay", "tiny", "--json", "--runs-dir", root_folder).document
    assert stayed["status"] == "finished"
    workbench("stop", left["id"], "--runs-dir", root_folder)


@pytest.mark.parametrize("device", ["gpu", "cuda:x", ""])
def test_a_bad_device_names_the_switch(workbench: Workbench, device: str) -> None:
    result = workbench("train", "quick/digits", "--device", device)
    assert result.status == 2 and "--device" in result.err
