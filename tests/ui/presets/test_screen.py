"""The Presets screen as a person uses it: pick, edit, be refused, count, start, save."""

from pathlib import Path

import pytest
from textual.widgets import Input

from tests.ui.desk import (
    NARROW,
    desk,
    notices,
    presets_screen,
    put,
    row,
    settle,
    summary_of,
    text_of,
)
from workbench.config import read_config
from workbench.config.presets import load_preset, own_folder, save_preset
from workbench.ui.presets.layer_list import LayerList
from workbench.ui.presets.network import NetworkPanel
from workbench.ui.run.screen import RunScreen


async def test_the_first_preset_is_shown_with_its_form_and_its_layers(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, _, _):
        text = text_of(app)
        assert load_preset("quick/digits").about.title in text
        assert "blocks" in text and "[1, 1]" in text
        assert "conv 3×3" in text
        assert "total  32 parameters  64 MACs  at 1×8×8" in text
        assert "ptflops 96" in text


async def test_the_cursor_chooses_and_the_filter_narrows(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, _):
        await pilot.press("slash", *"simplenn-cifar")
        await settle(pilot)
        assert "resnet18-cifar10" not in text_of(app)
        await pilot.press("enter")
        await settle(pilot)
        assert load_preset("simplenn/simplenn-cifar10").about.title in text_of(app)
        await pilot.press("slash", *"zzz")
        await settle(pilot)
        assert "No preset matches" in text_of(app)
        await pilot.press("escape")
        await settle(pilot)
        assert "resnet18-cifar10" in text_of(app)


async def test_markup_in_a_preset_is_shown_as_it_is(tmp_path: Path) -> None:
    plain = load_preset("quick/digits")
    odd = plain.model_copy(
        update={"about": plain.about.model_copy(update={"title": "[red]odd[/] [/nope]"})}
    )
    save_preset(odd, "mine/odd")
    async with desk(tmp_path, preset="mine/odd") as (app, _, _):
        assert "[red]odd[/] [/nope]" in text_of(app)


async def test_a_refused_value_is_explained_and_nothing_starts(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, preloaded):
        await put(pilot, row(app, "model.width"), "-3")
        assert "✗ must be greater than or" in text_of(app)  # and goes on on the next line
        assert "as it was before model.width was refused" in text_of(app)
        await pilot.press("f5")
        await settle(pilot)
        assert preloaded.launched == []
        assert any("model.width" in notice for notice in notices(app))
        await put(pilot, row(app, "model.width"), "16")
        text = text_of(app)
        assert "✗" not in text and "as it was before" not in text
        assert "total  16 parameters" in text


async def test_an_edit_is_marked_counted_and_taken_back(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, preloaded):
        await put(pilot, row(app, "model.width"), "16")
        text = text_of(app)
        assert "• width" in text and "•digits" in text
        assert "total  16 parameters" in text
        assert preloaded.asked[-1][0].model == presets_screen(app).draft.config.model  # type: ignore[union-attr]
        await pilot.press("f8")
        await settle(pilot)
        text = text_of(app)
        assert "•" not in text.replace("•⣿", "")
        assert "total  32 parameters" in text


async def test_an_edit_that_changes_no_layer_asks_for_no_count(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, preloaded):
        before = len(preloaded.asked)
        await pilot.press("e", "pageup", "pageup", "pageup", "down")
        await settle(pilot)
        await put(pilot, row(app, "optimizer.lr"), "0.5")
        assert presets_screen(app).draft.config.optimizer.lr == 0.5  # type: ignore[union-attr]
        assert len(preloaded.asked) == before


async def test_only_the_newest_count_is_shown(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, preloaded):
        preloaded.held = True
        await put(pilot, row(app, "model.width"), "16")
        await put(pilot, row(app, "model.width"), "24")
        old = next(ask for ask in preloaded.asked if getattr(ask[0].model, "width", 0) == 16)
        new = preloaded.asked[-1]
        assert getattr(new[0].model, "width", 0) == 24
        new[1].set_result(summary_of(new[0]))
        await settle(pilot)
        if not old[1].done():
            old[1].set_result(summary_of(old[0]))
        await settle(pilot)
        assert "total  24 parameters" in text_of(app)


async def test_another_kind_brings_its_own_fields(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, _):
        row(app, "model.kind").focus_editor()
        await pilot.press("enter", *"simplenn", "enter")
        await settle(pilot)
        assert row(app, "model.hidden")
        assert "shortcut" not in text_of(app)
        assert presets_screen(app).draft.config.model.kind == "simplenn"  # type: ignore[union-attr]


async def test_start_makes_a_run_of_the_settings_and_shows_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, preloaded):
        await put(pilot, row(app, "model.width"), "16")
        await pilot.press("f5")
        await settle(pilot)
        await pilot.pause()
        (folder,) = preloaded.launched
        assert getattr(read_config(folder.config).model, "width", 0) == 16
        assert isinstance(app.screen, RunScreen)


async def test_enter_in_the_tree_starts_and_a_click_only_chooses(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, preloaded):
        await pilot.click("#preset-list", offset=(6, 3))
        await settle(pilot)
        assert presets_screen(app).draft is not None
        assert preloaded.launched == []
        await pilot.press("g", "down", "enter")
        await settle(pilot)
        assert [read_config(run.config).about.preset for run in preloaded.launched] == [
            "quick/digits"
        ]


async def test_start_without_data_says_what_is_missing_and_leaves_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path, preset="scalable/resnet18-food11") as (app, pilot, preloaded):
        await pilot.press("f5")
        await settle(pilot)
        assert any(str(tmp_path / "data") in notice for notice in notices(app))
        assert preloaded.launched == []
        assert not list((tmp_path / "runs").glob("*"))


async def test_a_broken_preset_is_a_message_and_no_crash(tmp_path: Path) -> None:
    path = own_folder() / "mine" / "broken.toml"
    path.parent.mkdir(parents=True)
    path.write_text('[model]\nkind = "resnet"\nblokcs = [1]\n')
    async with desk(tmp_path, preset="mine/broken") as (app, _, _):
        assert any("model.blokcs" in notice for notice in notices(app))


async def test_save_as_makes_a_preset_and_asks_before_it_replaces_one(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, _):
        await put(pilot, row(app, "model.width"), "16")
        await pilot.press("ctrl+s")
        await pilot.pause()
        app.screen.query_one(Input).value = "nofamily"
        await pilot.press("enter")
        await pilot.pause()
        assert "write family/name" in text_of(app)
        app.screen.query_one(Input).value = "mine/small"
        await pilot.press("enter")
        await settle(pilot)
        assert getattr(load_preset("mine/small").model, "width", 0) == 16
        assert "small (own)" in text_of(app)

        await put(pilot, row(app, "model.width"), "24")
        await pilot.press("ctrl+s")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert "Replace your preset mine/small?" in text_of(app)
        await pilot.press("n")
        await settle(pilot)
        assert getattr(load_preset("mine/small").model, "width", 0) == 16
        await pilot.press("ctrl+s")
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        await pilot.press("y")
        await settle(pilot)
        assert getattr(load_preset("mine/small").model, "width", 0) == 24


async def test_reset_all_asks_first(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, _):
        await put(pilot, row(app, "model.width"), "16")
        await pilot.press("f9")
        await pilot.pause()
        await pilot.press("n")
        await settle(pilot)
        assert presets_screen(app).draft.changes  # type: ignore[union-attr]
        await pilot.press("f9")
        await pilot.pause()
        await pilot.click(".answers", offset=(2, 0))
        await settle(pilot)
        assert not presets_screen(app).draft.changes  # type: ignore[union-attr]
        assert row(app, "model.width").query_one(Input).value == "32"


async def test_the_difference_to_the_preset_is_listed(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, _):
        await put(pilot, row(app, "model.width"), "16")
        await pilot.press("escape", "d")
        await pilot.pause()
        assert "model.width  32  →  16" in text_of(app)


async def test_the_budget_tells_what_is_over(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, _):
        budget = app.screen.query_one("#budget-value", Input)
        budget.value = "20"
        await settle(pilot)
        assert "160.0%  12 over" in text_of(app)
        budget.value = "many"
        await settle(pilot)
        assert "must be a number of parameters" in text_of(app)


async def test_stages_fold(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, _):
        await pilot.press("f6", "f6")
        assert "conv 3×3" in text_of(app)
        await pilot.press("h")
        await settle(pilot)
        assert "▸ stem" in text_of(app)
        assert "conv 3×3" not in text_of(app)


async def test_layers_are_sorted_by_a_key_or_by_their_titles(tmp_path: Path) -> None:
    async with desk(tmp_path) as (app, pilot, _):
        document = summary_of(presets_screen(app).draft.config)  # type: ignore[union-attr]
        [layer] = document["layers"]
        document["layers"] = [
            {**layer, "name": "stem.conv", "params": 1, "macs": 3},
            {**layer, "name": "body.small", "params": 2, "macs": 1},
            {**layer, "name": "body.large", "params": 4, "macs": 1},
        ]
        app.screen.query_one(NetworkPanel).show(document)
        rows = app.screen.query_one(LayerList)

        def names() -> list[str]:
            return [node.path for node in rows._lines]

        executed = ["stem", "stem.conv", "body", "body.small", "body.large"]
        assert names() == executed
        await pilot.press("f6", "f6", "o")
        assert names() == ["body", "body.large", "body.small", "stem", "stem.conv"]
        assert "params▼" in text_of(app)
        await pilot.press("o")
        assert names() == executed  # the most MACs are the stem's
        assert "MACs▼" in text_of(app)
        await pilot.click(rows, offset=(2, 0))
        assert names() == ["body", "body.large", "body.small", "stem", "stem.conv"]
        await pilot.click(rows, offset=(2, 0))
        assert names() == executed and "▲" not in text_of(app)


@pytest.mark.parametrize(
    ("presses", "seen", "unseen"),
    [
        ([], "faster-rcnn-digits", "shortcut"),
        (["f6"], "shortcut", "faster-rcnn-digits"),
        (["f6", "f6"], "total  32 parameters", "faster-rcnn-digits"),
        (["f6", "f6", "f6"], "faster-rcnn-digits", "total  32"),
    ],
)
async def test_at_80_columns_the_panels_are_tabs(
    tmp_path: Path, presses: list[str], seen: str, unseen: str
) -> None:
    async with desk(tmp_path, NARROW) as (app, pilot, _):
        await pilot.press(*presses)
        await settle(pilot)
        assert seen in text_of(app)
        assert unseen not in text_of(app)


async def test_at_120_columns_the_tree_stays_beside_settings_or_layers(tmp_path: Path) -> None:
    async with desk(tmp_path, (120, 30)) as (app, pilot, _):
        text = text_of(app)
        assert "resnet18-cifar10" in text and "○ zero_pad" in text and "total  32" not in text
        await pilot.press("f6", "f6")
        await settle(pilot)
        text = text_of(app)
        assert "resnet18-cifar10" in text and "zero_pad" not in text and "total  32" in text
