"""A plan is a function of its sweep: the same runs with the same ids, each time."""

from typing import Any

import pytest
import tomli
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import ConfigError
from workbench.sweeps.config import SweepConfig, build_sweep
from workbench.sweeps.plan import plan


def sweep(text: str, **more: Any) -> SweepConfig:
    return build_sweep({"preset": "quick/digits", **tomli.loads(text), **more})


def test_variants_points_and_seeds_multiply() -> None:
    runs = plan(
        sweep(
            "seeds = [1, 2]\n[grid]\noptimizer.lr = [0.1, 0.2]\n"
            '[[variants]]\nname = "deep"\nset = {model.blocks = [3]}\n[[variants]]\nname = "flat"'
        ),
        "s",
    )
    assert len(runs) == 8
    assert [run.variant for run in runs[:3]] == ["deep, lr 0.1", "deep, lr 0.1", "deep, lr 0.2"]
    assert runs[0].config.model.blocks == [3] and runs[0].config.train.seed == 1  # type: ignore[union-attr]


def test_adding_a_value_leaves_the_other_runs_as_they_are() -> None:
    before = {run.id for run in plan(sweep("[grid]\noptimizer.lr = [0.1, 0.2]"), "s")}
    after = {run.id for run in plan(sweep("[grid]\noptimizer.lr = [0.3, 0.1, 0.2]"), "s")}
    assert before < after


def test_another_length_is_another_run() -> None:
    one = plan(sweep("set.train.epochs = 1"), "s")
    two = plan(sweep("set.train.epochs = 2"), "s")
    assert one[0].id != two[0].id


def test_the_budget_ends_the_plan() -> None:
    assert len(plan(sweep("[grid]\noptimizer.lr = [0.1, 0.2]", budget={"runs": 1}), "s")) == 1


@settings(max_examples=30)
@given(
    seed=st.integers(0, 1000),
    low=st.floats(1e-6, 1e-3),
    factor=st.floats(1.5, 1e4),
    log=st.booleans(),
)
def test_random_points_stay_in_their_range_and_repeat(
    seed: int, low: float, factor: float, log: bool
) -> None:
    keys = {"optimizer.lr": {"low": low, "high": low * factor, "log": log}}
    random = {"points": 4, "seed": seed, "keys": keys}
    first, again = (plan(sweep("", random=random), "s") for _ in range(2))
    assert [run.id for run in first] == [run.id for run in again]
    for run in first:  # drawn values are rounded to four digits
        assert low * 0.999 <= run.config.optimizer.lr <= low * factor * 1.001


def test_whole_numbers_include_both_bounds() -> None:
    keys = {"model.width": {"low": 1, "high": 3, "integer": True}}
    runs = plan(sweep("", random={"points": 60, "keys": keys}), "s")
    assert {run.config.model.width for run in runs} == {1, 2, 3}  # type: ignore[union-attr]


def test_each_point_is_trained_on_each_fold_and_seed() -> None:
    runs = plan(sweep("seeds = [1, 2]\nfolds = 3\n[grid]\noptimizer.lr = [0.1, 0.2]"), "s")
    assert len({run.id for run in runs}) == 12 and {run.variant for run in runs} == {
        "lr 0.1",
        "lr 0.2",
    }
    first = [run.config.data for run in runs[:3]]
    assert [(data.folds, data.fold) for data in first] == [(3, 1), (3, 2), (3, 3)]
    assert runs[1].id.rpartition("-")[0] == "s-lr-0.1-s1-f2"


def test_one_fold_is_none() -> None:
    for text in ("folds = 1", "folds = 3\n[search]\ntrials = 2\nkeys.optimizer.lr = [1]"):
        with pytest.raises(ConfigError, match="folds must be 0 or at least 2"):
            sweep(text)
