"""Configuration: strict keys, one line a refusal, and TOML in and out without a loss."""

from pathlib import Path
from typing import Any

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st

from workbench.config import (
    RunConfig,
    build_config,
    change_config,
    describe,
    difference,
    flatten,
    read_config,
    read_tables,
    section_variants,
    to_tables,
    to_toml,
)
from workbench.config.presets import list_presets, load_preset
from workbench.errors import ConfigError, RequestError

MINIMAL: dict[str, Any] = {
    "model": {"kind": "resnet"},
    "data": {"name": "digits"},
    "train": {"epochs": 3},
}


def problems(tables: dict[str, Any], changes: dict[str, Any] | None = None) -> dict[str, str]:
    """What is wrong with a configuration that must be refused."""
    with pytest.raises(ConfigError) as caught:
        build_config(tables, changes)
    assert "\n" not in str(caught.value)
    return caught.value.problems


def test_what_is_not_said_takes_its_default() -> None:
    config = build_config(MINIMAL)
    assert config.optimizer.kind == "sgd"
    assert config.schedule.kind == "constant"
    assert config.task.kind == "classification"
    assert config.input_shape == (1, 8, 8)


@pytest.mark.parametrize("name", [preset.name for preset in list_presets()])
def test_every_preset_comes_back_equal_from_its_toml(name: str, tmp_path: Path) -> None:
    config = load_preset(name)
    path = tmp_path / "config.toml"
    path.write_text(to_toml(config), encoding="utf-8")
    assert read_config(path) == config
    assert build_config(to_tables(config)) == config


def test_a_wrong_key_names_the_nearest_right_one() -> None:
    assert problems({**MINIMAL, "optimizer": {"kind": "sgd", "weight_decya": 0.1}}) == {
        "optimizer.weight_decya": "no such key; did you mean optimizer.weight_decay?"
    }
    far = problems({**MINIMAL, "optimizer": {"kind": "sgd", "zzz": 0}})["optimizer.zzz"]
    assert far.startswith("no such key; there are ") and "momentum" in far
    assert "did you mean schedule?" in problems({**MINIMAL, "shedule": {}})["shedule"]


def test_every_wrong_key_is_named_at_once() -> None:
    wrong = {**MINIMAL, "train": {"epochs": -1, "batch_size": "many", "seed": 1.5}}
    assert problems(wrong).keys() == {"train.epochs", "train.batch_size", "train.seed"}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("optimizer.lr", 0, "must be greater than 0 (got 0)"),
        ("optimizer.lr", True, "must be a number (got True)"),
        ("optimizer.lr", float("nan"), "must be a finite number (got nan)"),
        ("train.epochs", 2.0, "must be an integer (got 2.0)"),
        ("train.device", "tpu", "must be auto, cpu, cuda or cuda:N (got 'tpu')"),
        ("model.blocks", [], "must have at least 1 item"),
        ("model.blocks", 3, "must be a list (got 3)"),
        ("augment.pad_mode", "mirror", "must be one of 'zero', 'reflect' (got 'mirror')"),
        ("data.validation", 0.9, "must be less than or equal to 0.5 (got 0.9)"),
    ],
)
def test_a_wrong_value_says_what_would_be_right(key: str, value: Any, said: str) -> None:
    found = problems(MINIMAL, {key: value})
    assert said in found[key], found


def test_an_item_of_a_list_is_named_by_its_place() -> None:
    assert (
        "greater than or equal to 1"
        in problems(MINIMAL, {"model.blocks": [2, 0]})["model.blocks[1]"]
    )


def test_a_kind_that_is_not_there_names_those_that_are() -> None:
    said = problems(MINIMAL, {"model.kind": "resnett"})["model.kind"]
    assert "did you mean 'resnet'?" in said and "simplenn" in said
    assert problems({**MINIMAL, "model": {}})["model.kind"] == "is missing"
    assert build_config({**MINIMAL, "optimizer": {"lr": 0.5}}).optimizer.kind == "sgd"
    assert problems({"train": {"epochs": 1}}).keys() >= {"model", "data"}


def test_length_is_epochs_or_steps() -> None:
    assert "not both" in str(problems({**MINIMAL, "train": {"epochs": 1, "steps": 1}}))
    assert "1 or more" in str(problems({**MINIMAL, "train": {}}))
    assert build_config(MINIMAL, {"train.steps": 7}).train.epochs == 0  # what is set wins


def test_sections_are_immutable() -> None:
    with pytest.raises(ValueError, match="frozen"):
        build_config(MINIMAL).train.epochs = 9


def test_a_new_kind_drops_the_keys_of_the_old_and_keeps_the_shared() -> None:
    config = load_preset("resnet/resnet-5m-cifar10")
    adam = change_config(config, {"optimizer.kind": "adam"}).optimizer
    assert (adam.kind, adam.weight_decay) == ("adam", config.optimizer.weight_decay)
    assert not hasattr(adam, "momentum")
    both = change_config(config, {"optimizer.betas": [0.8, 0.9], "optimizer.kind": "adam"})
    assert both.optimizer.betas == [0.8, 0.9]


def test_another_data_set_drops_the_facts_of_the_old() -> None:
    config = load_preset("resnet/resnet-5m-cifar10", {"data.name": "imagefolder"})
    assert config.data.mean == config.data.std == []
    assert config.data.size == 32


def test_difference_leaves_out_what_it_is_called() -> None:
    base = build_config(MINIMAL)
    other = change_config(base, {"optimizer.lr": 0.5, "about.title": "Mine"})
    assert difference(base, other) == {"optimizer.lr": (base.optimizer.lr, 0.5)}
    assert flatten(to_tables(other))["optimizer.lr"] == 0.5


@pytest.mark.parametrize("section", [name for name in RunConfig.model_fields if name != "about"])
def test_every_key_explains_itself(section: str) -> None:
    for variant in section_variants(RunConfig, section).values():
        assert (variant.__doc__ or "").strip(), variant
        specs = describe(variant.model_construct(), section, RunConfig)
        assert len({spec.key for spec in specs}) == len(specs)
        for spec in specs:
            assert spec.help, spec.key
            assert spec.key.startswith(f"{section}.")
            if spec.type == "choice":
                assert spec.default in spec.choices, spec.key


def test_the_kind_comes_first_with_its_choices() -> None:
    first = describe(build_config(MINIMAL).optimizer, "optimizer", RunConfig)[0]
    assert first.key == "optimizer.kind" and {"sgd", "adam", "adamw"} <= set(first.choices)


def test_bounds_and_units_reach_the_form() -> None:
    specs = {spec.key: spec for spec in describe(build_config(MINIMAL).train, "train", RunConfig)}
    assert specs["train.batch_size"].bounds == {"ge": 1}
    assert specs["train.batch_size"].unit == "images"
    assert specs["train.batch_size"].name == "batch size"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a = \n", "line 1, column 5"),
        (b"[a\n", "line 1, column 3"),
        (b"a = 1\na = 2\n", "line 2"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"a = " + b"[" * 10_000, "not valid TOML"),
        (b"#" * 1_000_001, "larger than 1,000,000 bytes"),
    ],
)
def test_files_that_are_no_toml(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(RequestError) as caught:
        read_tables(path)
    assert said in str(caught.value) and str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="is a folder"):
        read_tables(tmp_path)
    with pytest.raises(RequestError, match="No such file"):
        read_tables(tmp_path / "nothing.toml")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
SECTIONS = st.sampled_from([*RunConfig.model_fields, "other"])
KEYS = st.sampled_from(["kind", "name", "lr", "blocks", "epochs", "mean", "device"]) | st.text()


@given(st.dictionaries(SECTIONS, VALUES | st.dictionaries(KEYS, VALUES, max_size=4), max_size=5))
def test_tables_of_a_stranger_are_taken_or_refused_in_one_line(tables: dict[str, Any]) -> None:
    try:
        config = build_config({**MINIMAL, **tables})
    except ConfigError as error:
        assert error.problems
    else:
        assert RunConfig.model_validate(tomli.loads(to_toml(config))) == config
