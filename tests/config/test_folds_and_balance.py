"""Folds and balance: what is refused before a run exists, and the steps that follow from them."""

from pathlib import Path
from typing import Any

import pytest

from workbench.config.learning_rate import nominal_steps_per_epoch
from workbench.config.presets import load_preset
from workbench.config.split_check import resolve_to_train
from workbench.data import load_data
from workbench.errors import ConfigError, DataError


def refusal(preset: str, root: Path | None = None, **changes: Any) -> str:
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    with pytest.raises((ConfigError, DataError)) as caught:
        resolve_to_train(load_preset(preset, dotted), root)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"data__folds": 1}, "folds must be 0"),
        ({"data__folds": 3, "data__fold": 4}, "fold 4 must not be above folds 3"),
        ({"data__folds": 5, "data__limit": 30}, "one for each of data.folds = 5"),
    ],
)
def test_folds_that_are_none(changes: dict[str, Any], words: str) -> None:
    assert words in refusal("quick/digits", **changes)


@pytest.mark.parametrize("key", ["folds", "balance"])
def test_they_need_one_class_an_image(key: str) -> None:
    value = {"folds": 3, "balance": "class"}[key]
    words = refusal("detection/rpn-digits", **{f"data__{key}": value})
    assert f"data.{key}: needs one class an image" in words


def test_a_folder_with_few_images_or_its_own_validation(tmp_path: Path) -> None:
    for split, count in (("train", 4), ("test", 1)):
        for name in ("a", "b"):
            (tmp_path / split / name).mkdir(parents=True)
            for number in range(count):
                (tmp_path / split / name / f"{number}.png").write_bytes(b"")
    folder = {"data__name": "imagefolder", "augment__crop": 8, "data__folds": 5}
    assert "has 4 images and needs at least 5" in refusal("quick/digits", tmp_path, **folder)
    (tmp_path / "val" / "a").mkdir(parents=True)
    (tmp_path / "val" / "a" / "0.png").write_bytes(b"")
    assert "of its own: leave it at 0" in refusal("quick/digits", tmp_path, **folder)


@pytest.mark.parametrize("fold", [1, 2, 7])
def test_the_form_knows_the_steps_of_a_fold(fold: int) -> None:
    config = load_preset(
        "quick/digits", {"data.folds": 7, "data.fold": fold, "train.batch_size": 1}
    )
    # The number of digits that are known is one off, whatever the split.
    assert nominal_steps_per_epoch(config) == len(load_data(config).train) - 1
