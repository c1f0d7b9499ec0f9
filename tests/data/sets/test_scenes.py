from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from workbench.config import RunConfig, build_config
from workbench.data import load_data, what_is_missing
from workbench.data.sets.scenes import _key, draw, scene_counts, source_config
from workbench.detection.boxes import corners, intersection_over_union, proposal_mask


def config(**data: Any) -> RunConfig:
    return build_config(
        {
            "task": {"kind": "proposals"},
            "model": {"kind": "rpn"},
            "data": {"name": "scenes", "source": "digits", "channels": 1, "scenes": 30, **data},
            "train": {"steps": 1},
        }
    )


def everything(cfg: RunConfig) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    split = load_data(cfg).train
    return split.batch(torch.arange(len(split)))


def test_the_seed_gives_the_same_scenes_on_any_machine() -> None:
    images, targets = everything(config())

    # Written down once: whoever asks for these scenes gets these.
    assert targets["label"][:3, 0].tolist() == [3, 6, 0]
    assert targets["box"][:2, 0].flatten().tolist() == pytest.approx(
        [28.61831, 25.84710, 22.69177, 21.97597, 17.76868, 32.22630], abs=1e-4
    )
    few = torch.tensor([[191, 132, 66], [130, 129, 106], [104, 100, 212]])
    assert (images[0, 0, ::16, ::16].int() - few).abs().max() <= 1


def test_equal_seeds_give_equal_bytes_drawn_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_data(config())
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path))

    assert load_data(config()).content_hash == first.content_hash
    assert load_data(config(scene_seed=1)).content_hash != first.content_hash


def test_shapes_types_and_ranges() -> None:
    images, targets = everything(config())

    assert images.shape == (30, 1, 48, 48) and images.dtype == torch.uint8
    assert targets["label"].shape == (30, 1) and targets["label"].dtype == torch.int64
    assert targets["box"].shape == (30, 1, 3) and targets["box"].dtype == torch.float32
    assert targets["mask"].shape == (30, 6, 6) and targets["mask"].dtype == torch.uint8
    edges = corners(targets["box"])
    assert edges.min() >= 0 and edges.max() <= 48
    assert len(targets["box"].unique()) == 90


def test_the_mask_is_that_of_the_boxes() -> None:
    _, targets = everything(config(objects=3))

    wanted = proposal_mask(targets["box"], targets["label"], 6)

    assert torch.equal(targets["mask"], wanted)
    assert (targets["mask"] == 1).flatten(1).any(dim=1).all()


def test_the_object_lies_in_its_box_and_the_background_does_not_know_it() -> None:
    data = config(rotation=0.0).data
    black, white = (torch.full((1, 1, 1, 8, 8), v, dtype=torch.uint8) for v in (0, 255))
    label = torch.zeros(1, 1, dtype=torch.int64)

    one = draw(data, black, label, np.random.default_rng(5))  # type: ignore[arg-type]
    other = draw(data, white, label, np.random.default_rng(5))  # type: ignore[arg-type]

    changed = (one.images != other.images)[0, 0].nonzero()
    left, top, right, bottom = corners(one.targets["box"])[0, 0].tolist()
    y, x = changed[:, 0] + 0.5, changed[:, 1] + 0.5
    # A pixel at the border is half object: it may lie outside by half of the object's pixel.
    margin = 0.5 + (right - left) / 16
    assert abs(x.min() - left) <= margin and abs(x.max() - right) <= margin
    assert abs(y.min() - top) <= margin and abs(y.max() - bottom) <= margin


def test_a_turned_object_fills_its_box() -> None:
    data = config(rotation=30.0).data
    label = torch.zeros(40, 1, dtype=torch.int64)
    shape = (40, 1, 1, 32, 32)
    black, white = (torch.full(shape, v, dtype=torch.uint8) for v in (0, 255))
    one = draw(data, black, label, np.random.default_rng(1))  # type: ignore[arg-type]
    other = draw(data, white, label, np.random.default_rng(1))  # type: ignore[arg-type]

    for n in range(40):
        changed = (one.images[n] != other.images[n])[0].nonzero()
        extent = (changed.amax(dim=0) - changed.amin(dim=0) + 1).tolist()
        width = one.targets["box"][n, 0, 2].item()
        assert extent == pytest.approx([width, width], abs=3)


def test_several_objects_keep_clear_of_each_other() -> None:
    _, targets = everything(config(objects=2, size=96))
    boxes = targets["box"]

    assert boxes.shape == (30, 2, 3)
    assert intersection_over_union(boxes[:, 0], boxes[:, 1]).mean() < 0.01


def test_no_object_is_in_two_splits() -> None:
    # The source's splits share no image, and each split of scenes takes from its own.
    cfg = config(scenes=0)
    data, source = load_data(cfg), load_data(source_config(cfg))

    for name in ("train", "validation", "test"):
        ours, theirs = getattr(data, name), getattr(source, name)
        counts = torch.bincount(ours.targets["label"].flatten(), minlength=10)
        assert torch.equal(counts, torch.bincount(theirs.targets["label"], minlength=10))


def test_counts_of_scenes_follow_the_source() -> None:
    assert scene_counts(0, [45000, 5000, 10000]) == [45000, 5000, 10000]
    assert scene_counts(900, [45000, 5000, 10000]) == [900, 100, 200]
    assert scene_counts(1, [45000, 5000, 10000]) == [1, 1, 1]


def test_the_second_load_draws_nothing() -> None:
    told: list[str] = []
    load_data(config(), lambda message, done, total: told.append(message))
    assert "drawing scenes" in told

    told.clear()
    load_data(config(), lambda message, done, total: told.append(message))
    assert "drawing scenes" not in told


def test_what_is_allowed_to_lack_draws_nothing_anew() -> None:
    keys = {_key(config(allow_missing_classes=allow).data, "hash") for allow in (True, False)}  # type: ignore[arg-type]
    # Written down before there was this setting: scenes that are drawn already stay found.
    assert keys == {"1e18a40f3dbf4c9919d25ba5f152cdb8"}


def test_classes_that_few_scenes_lack_are_told() -> None:
    chosen = config(allow_missing_classes=False)
    (held_out, tested) = what_is_missing(chosen, load_data(chosen))
    assert "in validation" in held_out and "in test" in tested
