"""The shell: modes, help, palette, themes; and that none of it loads torch."""

import subprocess
import sys
from pathlib import Path

import pytest
from textual.binding import Binding
from textual.command import CommandPalette

from tests.ui.desk import NARROW, desk, notices, settle, text_of
from workbench.config.presets import load_preset
from workbench.runs.live.launch import prepare
from workbench.ui.app import WorkbenchApp
from workbench.ui.dialogs import Ask, Confirm, Reader
from workbench.ui.presets.fields import DropDown, FieldRow
from workbench.ui.presets.form import PresetForm
from workbench.ui.presets.layer_list import LayerList
from workbench.ui.presets.network import NetworkPanel
from workbench.ui.presets.preset_tree import PresetList, PresetTree
from workbench.ui.presets.screen import PresetsScreen
from workbench.ui.run.screen import RunScreen
from workbench.ui.runs.screen import RunsScreen
from workbench.ui.widgets.choice import Choice


def test_opening_the_screen_loads_no_torch() -> None:
    code = (
        "import sys, workbench.ui.app, workbench.ui.presets.screen, workbench.ui.run.screen, "
        "workbench.ui.runs.screen, workbench.ui.help, workbench.ui.machine; "
        "sys.exit(sum(name.split('.')[0] in ('torch', 'torchvision') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    "owner",
    [WorkbenchApp, PresetsScreen, PresetList, PresetTree, PresetForm, FieldRow, DropDown,
     Choice, NetworkPanel, LayerList, Confirm, Ask, Reader],
)  # fmt: skip
def test_every_binding_has_an_id_and_says_what_it_does(owner: type) -> None:
    bindings = vars(owner)["BINDINGS"]
    assert bindings
    for binding in bindings:
        assert isinstance(binding, Binding)
        assert binding.id and binding.description, binding.key


async def test_the_modes_are_one_key_or_one_click_away(tmp_path: Path) -> None:
    folder = prepare(load_preset("quick/digits"), tmp_path / "runs")
    async with desk(tmp_path) as (app, pilot, _):
        await pilot.press("f4")
        await settle(pilot)
        assert isinstance(app.screen, RunsScreen)
        await pilot.press("f3")
        await settle(pilot)
        assert isinstance(app.screen, RunScreen)
        assert app.screen.folder == folder
        await pilot.click("#topbar", offset=(14, 0))
        await settle(pilot)
        assert isinstance(app.screen, PresetsScreen)


async def test_another_run_takes_the_place_of_the_one_that_was_open(tmp_path: Path) -> None:
    first, second = (prepare(load_preset("quick/digits"), tmp_path / "runs") for _ in range(2))
    async with desk(tmp_path) as (app, pilot, _):
        for folder in (first, second, first):
            app.open_run(folder)
            await settle(pilot)
            assert isinstance(app.screen, RunScreen)
            assert app.screen.folder == folder
        app.show_presets()
        await settle(pilot)
        app.show_run()
        await settle(pilot)
        assert isinstance(app.screen, RunScreen)


async def test_without_a_run_the_next_step_is_told(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, _):
        await pilot.press("f3")
        await settle(pilot)
        assert isinstance(app.screen, PresetsScreen)
        assert any("choose a preset" in notice for notice in notices(app))


async def test_help_lists_the_keys_that_work_here(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, _):
        await pilot.press("question_mark")
        await pilot.pause()
        text = text_of(app)
        assert "Start training the preset under the cursor" in text
        await pilot.press(*["j"] * 12)
        await pilot.pause()
        assert "Everywhere" in text_of(app)
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, PresetsScreen)


async def test_the_palette_offers_every_key_and_runs_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, _):
        await pilot.press("ctrl+p")
        await pilot.pause()
        assert isinstance(app.screen, CommandPalette)
        await pilot.press(*"light / dark")
        await pilot.app.workers.wait_for_complete(list(app.screen.workers))
        await pilot.pause(0.3)
        await pilot.press("enter")
        await settle(pilot)
        assert app.theme == "workbench-light"


async def test_the_palette_opens_a_preset_from_any_screen(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, _):
        await pilot.press("f4")
        await settle(pilot)
        await pilot.press("ctrl+p")
        await pilot.pause()
        await pilot.press(*"simplenn-swish")
        for _ in range(40):
            await pilot.pause(0.1)
            if "Preset simplenn/simplenn-swish-cifar10" in text_of(app):
                break
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, PresetsScreen)
        assert load_preset("simplenn/simplenn-swish-cifar10").about.title in text_of(app)


@pytest.mark.parametrize("size", [(160, 48), NARROW, (40, 10)])
async def test_both_themes_paint_at_every_size(tmp_path: Path, size: tuple[int, int]) -> None:
    async with desk(tmp_path, size) as (app, pilot, _):
        dark = app.screen.styles.background
        await pilot.press("ctrl+t")
        await settle(pilot)
        assert app.screen.styles.background != dark
        assert "workbench" in text_of(app)
