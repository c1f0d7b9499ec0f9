"""Finding, loading and saving presets, the installed and the user's own."""

from pathlib import Path

import pytest

from workbench.config.presets import (
    find_preset,
    installed_folder,
    list_presets,
    load_preset,
    own_folder,
    save_preset,
)
from workbench.errors import ConfigError, RequestError


def test_installed_presets_are_whole_and_lead_with_the_embedded_one() -> None:
    presets = list_presets()
    assert presets[0].name == "quick/digits"
    assert len({preset.name for preset in presets}) == len(presets)
    for preset in presets:
        config = load_preset(preset.name)
        assert config.about.preset == preset.name
        assert config.about.title == preset.title
        assert config.about.description and config.about.source, preset.name
        assert (config.task.kind, config.data.name) == (preset.task, preset.dataset)
        assert config.family == preset.family


def test_no_preset_names_a_place_of_a_machine() -> None:
    assert all(load_preset(preset.name).data.root == "" for preset in list_presets())


def test_by_path_by_name_and_from_tables(tmp_path: Path) -> None:
    by_name = load_preset("quick/digits", {"train.epochs": 2})
    by_path = load_preset(installed_folder() / "quick" / "digits.toml", {"train.epochs": 2})
    assert by_name.train == by_path.train and by_path.about.preset == "digits"
    tables = {"model": {"kind": "resnet"}, "data": {"name": "digits"}, "train": {"steps": 5}}
    assert load_preset(tables).train.steps == 5


def test_saved_and_loaded_and_hiding_the_installed_one() -> None:
    edited = load_preset("quick/digits", {"optimizer.lr": 0.5})
    path = save_preset(edited, "quick/digits")
    assert path == own_folder() / "quick" / "digits.toml"
    assert load_preset("quick/digits") == edited
    (listed,) = [preset for preset in list_presets() if preset.name == "quick/digits"]
    assert listed.own and listed.path == path
    with pytest.raises(RequestError, match="is there already"):
        save_preset(edited, "quick/digits")
    save_preset(load_preset("quick/digits", {"optimizer.lr": 0.25}), "quick/digits", replace=True)
    assert load_preset("quick/digits").optimizer.lr == 0.25
    assert [file.name for file in path.parent.iterdir()] == ["digits.toml"]  # no scratch is left


@pytest.mark.parametrize("name", ["../out", "a", "a/b/c", "/etc/x", "A b/c", "a/../b", "", "x/.y"])
def test_names_that_would_leave_their_folder(name: str, home: Path) -> None:
    with pytest.raises(RequestError):
        save_preset(load_preset("quick/digits"), name)
    assert not (home / "presets").exists()


@pytest.mark.parametrize("name", ["../quick/digits", "quick/../quick/digits", "a/b"])
def test_only_names_and_files_are_found(name: str) -> None:
    with pytest.raises(RequestError, match="no preset"):
        find_preset(name)


def test_a_folder_that_cannot_be_written(home: Path) -> None:
    (home / "presets").write_text("a file where the folder goes")
    with pytest.raises(RequestError, match="cannot be written"):
        save_preset(load_preset("quick/digits"), "mine/one")


def test_what_cannot_be_read_is_left_out_and_explained_when_asked_for(home: Path) -> None:
    folder = home / "presets" / "mine"
    folder.mkdir(parents=True)
    (folder / "broken.toml").write_text("[model\n")
    (folder / "sweep.toml").write_text('preset = "quick/digits"\n')
    (folder / "typo.toml").write_text('[model]\nkind = "resnet"\nblcks = [1]\n')
    names = [preset.name for preset in list_presets()]
    assert "mine/typo" in names
    assert "mine/broken" not in names and "mine/sweep" not in names
    with pytest.raises(RequestError, match=r"line 1, column 7"):
        load_preset("mine/broken")
    with pytest.raises(ConfigError, match=r"mine/typo: model\.blcks: .*model\.blocks"):
        load_preset("mine/typo")
