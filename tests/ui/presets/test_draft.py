"""Editing a preset: what counts as a change, what is refused, what a new kind drops."""

import pytest

from workbench.config import FieldSpec
from workbench.config.presets import load_preset
from workbench.ui.presets.draft import Draft, read_text, show_value


@pytest.fixture
def draft() -> Draft:
    return Draft.of(load_preset("resnet/resnet-5m-cifar10"))


def test_an_edit_changes_the_configuration_and_the_way_back_is_no_change(draft: Draft) -> None:
    edited = draft.edit("optimizer.lr", 0.2)
    assert edited.config.optimizer.lr == 0.2
    assert edited.changes == {"optimizer.lr": 0.2}
    again = edited.edit("optimizer.lr", draft.base.optimizer.lr)
    assert again.changes == {}
    assert again.config == draft.base


def test_a_refused_value_keeps_the_last_valid_configuration_and_says_why(draft: Draft) -> None:
    edited = draft.edit("train.epochs", 7).edit("train.batch_size", -3)
    assert edited.config.train.epochs == 7
    assert edited.config.train.batch_size == draft.base.train.batch_size
    assert edited.value("train.batch_size") == -3
    assert "1" in edited.problem("train.batch_size")
    assert edited.problem("train.epochs") == ""


def test_a_refused_item_of_a_list_is_a_problem_of_the_list(draft: Draft) -> None:
    assert draft.edit("model.blocks", [5, 0, 3]).problem("model.blocks")


def test_epochs_and_steps_exclude_each_other_whichever_came_first(draft: Draft) -> None:
    by_steps = draft.edit("train.epochs", 20).edit("train.steps", 2000)
    assert by_steps.config.train.by_steps
    assert by_steps.changes == {"train.steps": 2000}
    by_epochs = by_steps.edit("train.epochs", 30)
    assert by_epochs.config.train.epochs == 30
    assert not by_epochs.problems


def test_another_kind_drops_the_changes_that_it_has_no_key_for(draft: Draft) -> None:
    edited = draft.edit("model.blocks", [1, 1]).edit("model.activation", "silu")
    other = edited.edit("model.kind", "simplenn")
    assert other.changes == {"model.activation": "silu", "model.kind": "simplenn"}
    assert other.config.model.kind == "simplenn"
    assert not other.problems
    back = other.reset("model.kind")
    assert back.changes == {"model.activation": "silu"}


def test_reset_brings_back_one_key_or_all(draft: Draft) -> None:
    edited = draft.edit("optimizer.lr", 0.2).edit("train.epochs", 3)
    assert edited.reset("optimizer.lr").changes == {"train.epochs": 3}
    assert edited.reset().config == draft.base


def spec(kind: str) -> FieldSpec:
    return FieldSpec("a.b", kind, None, "", "", (), {})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("int", " 3 ", 3),
        ("float", "5e-4", 5e-4),
        ("float", ".05", 0.05),
        ("float", "fast", "fast"),
        ("list", "[5, 4, 3]", [5, 4, 3]),
        ("list", "5, 4, 3", [5, 4, 3]),
        ("list", "5-4-3", [5, 4, 3]),
        ("list", "0.5, 0.25", [0.5, 0.25]),
        ("list", "", []),
        ("str", "123", "123"),
    ],
)
def test_text_is_read_as_the_field_asks(kind: str, text: str, value: object) -> None:
    assert read_text(spec(kind), text) == value


@pytest.mark.parametrize("value", [3, 0.0005, [5, 4, 3], [0.5], True])
def test_a_value_that_is_shown_reads_back_equal(value: object) -> None:
    kind = "list" if isinstance(value, list) else "float"
    assert read_text(spec(kind), show_value(value)) == value
