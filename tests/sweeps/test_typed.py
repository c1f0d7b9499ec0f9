"""A sweep typed in one line."""

from pathlib import Path
from typing import Any

import pytest

from workbench.errors import RequestError
from workbench.sweeps.folder import open_sweep, store
from workbench.sweeps.plan import plan
from workbench.sweeps.typed import free_name, read_grid, typed_sweep


@pytest.mark.parametrize(
    ("text", "grid"),
    [
        ("optimizer.lr = 0.1, 0.01", {"optimizer.lr": [0.1, 0.01]}),
        ("optimizer.lr=0.1, ; train.seed = 0,1;", {"optimizer.lr": [0.1], "train.seed": [0, 1]}),
        ("model.blocks = [5, 4, 3], [2, 2]", {"model.blocks": [[5, 4, 3], [2, 2]]}),
        ("optimizer.kind = sgd, adam", {"optimizer.kind": ["sgd", "adam"]}),
    ],
)
def test_keys_and_values_are_read(text: str, grid: dict[str, Any]) -> None:
    assert read_grid(text) == grid


@pytest.mark.parametrize("text", ["", " ; ", "optimizer.lr", "lr = 1", "optimizer.lr = "])
def test_a_line_that_is_not_whole_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match=r"write KEY|has no values"):
        read_grid(text)


def test_the_grid_goes_before_what_was_edited() -> None:
    changes = {"optimizer.lr": 0.5, "train.epochs": 2}
    runs = plan(typed_sweep("optimizer.lr = 0.1, 0.2", "quick/digits", changes), "x")
    assert [run.config.optimizer.lr for run in runs] == [0.1, 0.2]
    assert {run.config.train.epochs for run in runs} == {2}


def test_each_sweep_gets_a_name_of_its_own(tmp_path: Path) -> None:
    grid = {"optimizer.lr": [1]}
    names = []
    for _ in range(3):
        names.append(free_name("quick/digits", grid, tmp_path))
        store(open_sweep(names[-1], tmp_path), typed_sweep("optimizer.lr=1", "quick/digits", {}))
    assert names == ["digits-lr", "digits-lr-2", "digits-lr-3"]


def test_folds_are_repetitions_and_no_points() -> None:
    runs = plan(typed_sweep("data.folds = 4; optimizer.lr = 1, 2", "quick/digits", {}), "x")
    assert len(runs) == 8 and {run.variant for run in runs} == {"lr 1", "lr 2"}
    runs = plan(typed_sweep("data.folds = 3", "quick/digits", {}), "x")
    assert [run.fold for run in runs] == [1, 2, 3]
