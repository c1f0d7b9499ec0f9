"""The menu of what can be done with a run, and commands behind the screen."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import OptionList, Static

from tests.ui.harness import ScreenApp, settle
from tests.ui.recorded import Recording, record_run
from workbench.config import RunConfig, change_config
from workbench.config.presets import load_preset
from workbench.runs.library.tags import read_notes
from workbench.runs.store.folder import RunFolder
from workbench.ui.actions.background import BackgroundCommand
from workbench.ui.actions.catalogue import actions
from workbench.ui.actions.menu import ActionMenu
from workbench.ui.dialogs import Ask, Reader
from workbench.ui.presets.draft import Draft


def names(status: str, *places: str) -> list[str]:
    return [action.name for action in actions(status, places)]


def test_a_live_run_is_not_evaluated_and_a_finished_one_not_paused() -> None:
    assert {"pause", "stop"} <= {*names("running")} and "evaluate" not in names("running")
    assert {"evaluate", "replay", "archive"} <= {*names("finished")}
    assert "pause" not in names("finished") and "replay" not in names("stopped")
    assert "front" in names("queued") and "front" not in names("running")


def test_each_place_is_offered_to_a_run_that_can_go_on() -> None:
    assert "place-gpu" in names("stopped", "gpu") and "place-gpu" not in names("running", "gpu")


def test_every_command_line_is_one_of_the_programs(home: Path) -> None:
    import click

    from workbench.cli.main import root

    for status in ("running", "queued", "stopped", "finished"):
        for action in actions(status, ("gpu",)):
            if not action.command:
                continue
            name, *words = action.words("RUN", "1")
            command = root.get_command(click.Context(root), name)
            assert command is not None, name
            known = {option for each in command.params for option in each.opts}
            assert {word for word in words if word.startswith("--")} <= known | {"--no-show"}


def test_an_answer_is_one_word_but_for_files() -> None:
    by_name = {action.name: action for action in actions("finished")}
    assert by_name["note"].words("r", "two words") == ["tag", "r", "--note", "two words"]
    assert by_name["predict"].words("r", "'a b.png' c.png")[2:4] == ["a b.png", "c.png"]
    assert by_name["note"].line("r") == "workbench tag r --note 'worth a look'"


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    recording = Recording(name="run-1", epochs=2, steps_per_epoch=4, done=2, status="finished")
    record_run(tmp_path / "runs", recording)
    return RunFolder(tmp_path / "runs" / "run-1")


async def drive(pilot: Pilot[None], *keys: str) -> None:
    await settle(pilot)
    await pilot.press(*keys)
    await pilot.pause()


async def test_typing_filters_and_the_line_below_is_the_command(folder: RunFolder) -> None:
    async with ScreenApp(folder.path.parent, folder).run_test(size=(80, 24)) as pilot:
        await drive(pilot, "full_stop", *"export as csv")
        menu = pilot.app.screen
        assert isinstance(menu, ActionMenu)
        assert menu.query_one(OptionList).option_count == 1
        line = str(menu.query_one(".command", Static).render())
        assert line == "workbench export run-1 --format csv"
        await pilot.press("escape")
        await pilot.pause()
        assert not isinstance(pilot.app.screen, ActionMenu)


async def test_an_action_with_a_question_runs_behind_and_shows_its_output(
    folder: RunFolder,
) -> None:
    async with ScreenApp(folder.path.parent, folder).run_test(size=(80, 24)) as pilot:
        await drive(pilot, "full_stop", *"note", "enter")
        for _ in range(100):
            if isinstance(pilot.app.screen, Ask):
                break
            await pilot.pause(0.05)
        await pilot.press("ctrl+u", *"fine", "enter")
        for _ in range(400):
            if isinstance(pilot.app.screen, Reader):
                break
            await pilot.pause(0.05)
        assert isinstance(pilot.app.screen, Reader)
        assert read_notes(folder).note == "fine"


def test_a_command_behind_the_screen_keeps_output_and_status(tmp_path: Path) -> None:
    command = BackgroundCommand("x", ["show", "nobody"], tmp_path)
    assert asyncio.run(command.run()) == 2
    assert "no run 'nobody'" in command.output


def test_a_command_that_is_stopped_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = asyncio.create_subprocess_exec

    async def sleeper(*_: Any, **settings: Any) -> Any:
        return await real(sys.executable, "-c", "import time; time.sleep(60)", **settings)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", sleeper)

    async def stopped() -> int:
        command = BackgroundCommand("x", [], tmp_path)
        task = asyncio.create_task(command.run())
        await asyncio.sleep(0.2)
        command.stop()
        return await asyncio.wait_for(task, 10)

    assert asyncio.run(stopped()) < 0


def edited() -> tuple[RunConfig, RunConfig]:
    base = load_preset("quick/digits")
    return base, change_config(base, {"optimizer.kind": "sgd", "optimizer.lr": 0.3})


def test_a_runs_settings_are_its_preset_edited() -> None:
    base, config = edited()
    draft = Draft.between(base, config)
    assert draft.config == config and not draft.problems
    assert draft.changes["optimizer.lr"] == 0.3 and "train.devices" not in draft.changes
    assert not Draft.between(base, base).changes


async def test_what_runs_behind_can_be_ended_from_the_menu(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[str] = []

    async def run(self: BackgroundCommand) -> int:
        while not self.stopped:
            await asyncio.sleep(0.02)
        stopped.append(self.title)
        return -15

    monkeypatch.setattr(BackgroundCommand, "run", run)
    async with ScreenApp(folder.path.parent, folder).run_test(size=(80, 24)) as pilot:
        await drive(pilot, "full_stop", *"replay", "enter")
        await pilot.pause(0.1)
        await drive(pilot, "full_stop", *"end: replay", "enter")
        for _ in range(100):
            if isinstance(pilot.app.screen, Reader):
                break
            await pilot.pause(0.05)
        assert stopped == ["Replay and verify"]
        assert isinstance(pilot.app.screen, Reader)
