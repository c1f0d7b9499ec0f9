"""A split or a class of a split that is left empty is refused before a run exists."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.catalog.splits import least_limit, limited, stratified
from workbench.config import RunConfig, build_config
from workbench.config.fitting import resolve
from workbench.config.sections.listed_data import ImageFolderData
from workbench.config.split_check import (
    ENOUGH,
    _Shares,
    check_loaded,
    check_splits,
    resolve_to_train,
)
from workbench.errors import ConfigError, DataError

ALLOWED = {"data.allow_missing_classes": True}
SHARE = st.floats(0.01, 0.5)


def config(name: str, **changes: Any) -> RunConfig:
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    tables = {"model": {"kind": "simplenn"}, "data": {"name": name}, "train": {"epochs": 1}}
    return build_config(tables, dotted)


Folder = Callable[[Mapping[str, int]], Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Empty files as images, so many for each class: names are all that is looked at."""

    def make(counts: Mapping[str, int]) -> Path:
        for name, count in counts.items():
            (tmp_path / "data" / name).mkdir(parents=True)
            for number in range(count):
                (tmp_path / "data" / name / f"{number}.png").write_bytes(b"")
        return tmp_path / "data"

    return make


def refusal(chosen: RunConfig, root: Path | None = None) -> str:
    with pytest.raises((DataError, ConfigError)) as caught:
        resolve_to_train(chosen, root)
    assert "\n" not in str(caught.value) and caught.value.exit_status == 2
    return str(caught.value)


@pytest.mark.parametrize(
    ("counts", "changes", "words"),
    [
        (
            {"a": 1, "b": 1, "c": 1},
            {},
            "class 'a' has 1 image and needs at least 3, one each for training, validation and "
            "test (likewise 2 more classes); add images",
        ),
        ({"a": 9, "b": 2}, {}, "class 'b' has 2 images and needs at least 3"),
        ({"a": 9, "b": 3}, {"data__test": 0.5}, "class 'b' has 3 images and needs at least 4"),
        (
            {"train/a": 1, "train/b": 5, "test/a": 1},
            {},
            "class 'a' has 1 image and needs at least 2, one each for training and validation; "
            "add images or set data.allow_missing_classes=true",
        ),
        (
            {"train/a": 2, "train/b": 5, "val/a": 1, "val/b": 1},
            {"data__limit": 1},
            "data.limit: 1 leaves 0 images of class 'a', which needs at least 1, one for training",
        ),
        (
            {"a": 10, "b": 10, "c": 10},
            {"data__limit": 3},
            "data.limit: 3 leaves 1 image of class 'a', which needs at least 2, one each for "
            "training and validation (likewise 2 more classes): set data.limit to at least 6",
        ),
    ],
)
def test_a_class_with_too_few_images_is_named(
    folder: Folder, counts: dict[str, int], changes: dict[str, Any], words: str
) -> None:
    assert words in refusal(config("imagefolder", **changes), folder(counts))


@pytest.mark.parametrize(
    ("counts", "changes"),
    [
        ({"a": 3, "b": 3}, {}),
        ({"train/a": 2, "train/b": 2, "test/a": 1}, {}),  # its maker left b out of the test
        ({"train/a": 2, "train/b": 2, "val/b": 1, "test/a": 1}, {}),
        ({"train/a": 1, "train/b": 1, "val/b": 1, "test/a": 1}, {}),
        ({"a": 9, "b": 1}, {"data__allow_missing_classes": True}),
        ({"a": 10, "b": 10}, {"data__limit": 4}),
        ({"a": 10, "b": 10}, {"data__limit": 3, "data__allow_missing_classes": True}),
    ],
)
def test_what_is_enough(folder: Folder, counts: dict[str, int], changes: dict[str, Any]) -> None:
    chosen = config("imagefolder", **changes)
    root = folder(counts)
    assert resolve_to_train(chosen, root) == resolve(chosen, root)


@pytest.mark.parametrize("changes", [{}, {"data__limit": 2}])
def test_an_empty_split_is_never_allowed(folder: Folder, changes: dict[str, Any]) -> None:
    count = 10 if changes else 1
    chosen = config("imagefolder", data__allow_missing_classes=True, **changes)
    text = refusal(chosen, folder({"a": count, "b": count}))
    assert "class 'a'" in text and "allow_missing_classes" not in text


@given(st.lists(st.integers(1, 12), min_size=1, max_size=5), SHARE, SHARE)
def test_it_reckons_as_the_data_sets_split(
    counts: list[int], validation: float, test: float
) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    kept, tested = stratified(labels, test, 0)
    trained, held_out = stratified(labels[kept], validation, 0)
    split = (labels[kept][trained], labels[kept][held_out], labels[tested])
    wanted = np.array([np.bincount(part, minlength=len(counts)) for part in split]).T
    shares = _Shares(validation, test)
    assert [shares.parts(count) for count in counts] == wanted.tolist()
    assert shares.leaves_one_empty(counts) == (not wanted.sum(axis=0).all())
    assert shares.leaves_one_empty([min(n, ENOUGH) for n in counts]) == (
        not wanted.sum(axis=0).all()
    )


@given(SHARE, SHARE, st.integers(0, 40))
def test_enough_images_are_enough_for_any_shares(validation: float, test: float, more: int) -> None:
    shares = _Shares(validation, test)
    assert shares.least() <= ENOUGH
    assert min(shares.parts(shares.least() + more)) > 0


@given(st.lists(st.integers(2, 9), min_size=1, max_size=5), st.integers(0, 9))
def test_the_limit_that_is_named_is_the_least(counts: list[int], seed: int) -> None:
    labels = np.repeat(np.arange(len(counts)), counts)
    least = least_limit(labels, seed, 2)
    few = np.bincount(labels[limited(labels, least - 1, seed)], minlength=len(counts))
    enough = np.bincount(labels[limited(labels, least, seed)], minlength=len(counts))
    assert enough.min() >= 2 > few.min()


@pytest.mark.parametrize(("name", "least"), [("digits", 20), ("cifar10", 20), ("cifar100", 200)])
def test_a_limit_of_a_known_data_set(name: str, least: int) -> None:
    text = refusal(config(name, data__limit=least - 5))
    assert f"data.limit: {least - 5} leaves 1 image of a class of {name}" in text
    assert f"set data.limit to at least {least}" in text
    resolve_to_train(config(name, data__limit=least))


def test_what_is_not_there_yet_is_no_obstacle(tmp_path: Path) -> None:
    resolve_to_train(config("cifar10"), tmp_path / "to" / "download")


def scenes(**data: Any) -> RunConfig:
    return build_config(
        {
            "task": {"kind": "proposals"},
            "model": {"kind": "rpn"},
            "data": {"name": "scenes", "source": "digits", **data},
            "train": {"epochs": 1},
        }
    )


def test_fewer_scenes_than_classes() -> None:
    text = refusal(scenes(scenes=4, objects=2, size=96))
    assert "data.scenes: 4 training scenes" in text and "10 classes" in text
    assert "set data.scenes to at least 5" in text
    resolve_to_train(scenes(scenes=5, objects=2, size=96))
    resolve_to_train(scenes(scenes=1, allow_missing_classes=True))
    assert "data.limit: 12" in refusal(scenes(limit=12))


def test_scenes_of_a_folder_that_is_too_small(folder: Folder) -> None:
    text = refusal(scenes(source="imagefolder"), folder({"a": 1, "b": 9}))
    assert "class 'a' has 1 image and needs at least 3" in text


Annotate = Callable[..., RunConfig]


@pytest.fixture
def annotated(tmp_path: Path) -> Annotate:
    """COCO annotations whose n-th image shows the classes of the n-th word."""

    def make(words: list[str], test: list[str] | None = None, **data: Any) -> RunConfig:
        (tmp_path / "annotations").mkdir()
        for split, shown in {"train": words, "val": test or []}.items():
            images = [
                {"id": n, "file_name": f"{n}.png", "width": 9, "height": 9}
                for n in range(len(shown))
            ]
            boxes = [
                {"image_id": n, "category_id": "abc".index(letter), "bbox": [0, 0, 5, 5]}
                for n, word in enumerate(shown)
                for letter in word
            ]
            categories = [{"id": n, "name": name} for n, name in enumerate("abc")]
            document = {"images": images, "annotations": boxes, "categories": categories}
            if shown:
                path = tmp_path / "annotations" / f"instances_{split}.json"
                path.write_text(json.dumps(document))
        return build_config(
            {
                "task": {"kind": "detection"},
                "model": {"kind": "torchvision_detector"},
                "data": {"name": "coco", "root": str(tmp_path), **data},
                "train": {"steps": 1},
            }
        )

    return make


@pytest.mark.parametrize(
    ("words", "test", "data", "told"),
    [
        (["ab", "ab"], None, {}, "2 images with boxes; needs at least 3, one each for training"),
        (["ab"], ["ab"], {}, "1 image with boxes; needs at least 2, one each for training and"),
        (
            ["ab"] * 9,
            None,
            {"limit": 1},
            "data.limit: 1 is too few to split; set data.limit to at least 2",
        ),
        (["a"] * 20 + ["b"], None, {}, "class 'b' has boxes in 1 image, none of them in "),
        (["a"] * 20, ["b"], {}, "class 'b' has boxes in 1 image, none of them in training"),
    ],
)
def test_annotations_that_do_not_fill_the_splits(
    annotated: Annotate,
    words: list[str],
    test: list[str] | None,
    data: dict[str, Any],
    told: str,
) -> None:
    assert told in refusal(annotated(words, test, **data))


@pytest.mark.parametrize(
    ("words", "test", "data"),
    [
        (["ab"] * 3, None, {}),  # nobody has a box of c
        (["ab"] * 3, ["a"], {}),  # its maker left b out of the test
        (["a"] * 20 + ["b"], None, {"allow_missing_classes": True}),
    ],
)
def test_annotations_that_do(
    annotated: Annotate, words: list[str], test: list[str] | None, data: dict[str, Any]
) -> None:
    resolve_to_train(annotated(words, test, **data))


def test_loaded_data_is_asked_again() -> None:
    chosen = config("imagefolder", data__root="/data", data__allow_missing_classes=False)
    full = {"train": [5, 5], "validation": [1, 1], "test": [1, 1]}
    sizes = {"train": 10, "validation": 2, "test": 2}

    def lacks(given: set[str] = frozenset(), **change: Any) -> list[str]:  # type: ignore[assignment]
        counts = full | {k: v for k, v in change.items() if isinstance(v, list)}
        return check_loaded(chosen, "ab", counts, sizes | {k: sum(v) for k, v in change.items()}, frozenset(given))  # fmt: skip # noqa: E501

    assert lacks() == []
    with pytest.raises(DataError) as caught:
        lacks(validation=[0, 0])
    assert str(caught.value) == (
        "/data: no image in validation (training 10, validation 0, test 2); it needs at least 1"
    )
    with pytest.raises(DataError, match=r"no image of class 'b' in validation \(training 5, val"):
        lacks(validation=[1, 0])
    assert lacks({"validation"}, validation=[1, 0]) == ["no image of class 'b' in validation"]
    chosen = config("imagefolder", **{"data__allow_missing_classes": True})
    assert lacks(test=[0, 1]) == ["no image of class 'a' in test"]
    chosen = config("imagefolder")  # as it was written before there was the setting
    assert lacks(test=[0, 1]) == ["no image of class 'a' in test"]


def test_a_check_needs_a_resolved_configuration_only(folder: Folder) -> None:
    fitted = resolve(config("imagefolder"), folder({"a": 3, "b": 3}))
    assert isinstance(fitted.data, ImageFolderData)
    check_splits(fitted)
