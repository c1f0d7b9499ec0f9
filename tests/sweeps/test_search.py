"""A search by Optuna that is cut short and taken up again."""

from pathlib import Path
from typing import Any

import pytest

from workbench.errors import ConfigError
from workbench.runs.history.run_info import RunInfo
from workbench.runs.history.state import RunState
from workbench.runs.live.status import RunStatus
from workbench.runs.store.folder import RunFolder
from workbench.sweeps.config import SweepConfig, TableSpec, build_sweep
from workbench.sweeps.folder import SweepFolder, open_sweep
from workbench.sweeps.plan import PlannedRun

optuna = pytest.importorskip("optuna")

from workbench.sweeps.search import OptunaSearch  # noqa: E402 (needs optuna)

KEYS = {
    "optimizer.lr": {"low": 1e-4, "high": 1e-1, "log": True},
    "model.blocks": [[1, 1], [2, 1]],
    "model.width": {"low": 4, "high": 8, "integer": True},
}


@pytest.fixture
def folder(tmp_path: Path) -> SweepFolder:
    return open_sweep("s", tmp_path)


def sweep(**more: Any) -> SweepConfig:
    return build_sweep({"preset": "quick/digits", "search": {"trials": 4, "keys": KEYS, **more}})


def info(run: PlannedRun, status: str, accuracy: float | None = None) -> RunInfo:
    record = {"result": {"best_val_accuracy": accuracy}} if accuracy is not None else {}
    return RunInfo(RunFolder(Path(run.id)), RunStatus(status), record, run.config, {})


def test_trials_are_valid_runs_within_their_ranges(folder: SweepFolder) -> None:
    source = OptunaSearch(sweep(), folder)
    runs = [source.next() for _ in range(4)]
    assert source.next() is None and source.total == 4
    for run in runs:
        assert run is not None
        assert 1e-4 <= run.config.optimizer.lr <= 1e-1
        assert run.config.model.blocks in KEYS["model.blocks"]  # type: ignore[union-attr]
        assert 4 <= run.config.model.width <= 8  # type: ignore[union-attr]


def test_a_search_that_was_killed_goes_on_with_its_trials(folder: SweepFolder) -> None:
    first = OptunaSearch(sweep(), folder)
    one, two = first.next(), first.next()
    assert one is not None and two is not None
    first.ended(one, info(one, "finished", 0.7))
    again = OptunaSearch(sweep(), folder)
    assert [again.next(), again.next()] == [one, two]  # each is looked at before a new one
    again.ended(one, info(one, "finished", 0.7))
    again.ended(two, info(two, "failed"))
    three = again.next()
    assert three is not None and three.id not in (one.id, two.id)
    assert three.changes != one.changes  # the sampler does not draw the same again
    assert [trial.state.name for trial in again.study.trials] == ["COMPLETE", "FAIL", "RUNNING"]
    assert again.study.best_value == 0.7


def test_a_run_that_falls_behind_is_ended_once_and_stays_ended(folder: SweepFolder) -> None:
    source = OptunaSearch(sweep(), folder)
    source.study.pruner = optuna.pruners.ThresholdPruner(lower=0.6)
    run = source.next()
    assert run is not None
    good, poor = RunState(), RunState()
    good.fold([{"event": "epoch", "epoch": 1, "val_accuracy": 0.7}])
    poor.fold([{"event": "epoch", "epoch": 2, "val_accuracy": 0.5}])
    assert not source.is_hopeless(run, good) and not source.gave_up(run)
    assert source.is_hopeless(run, poor) and source.gave_up(run)
    assert not source.is_hopeless(run, poor)
    again = OptunaSearch(sweep(), folder)  # killed before the run had ended
    assert again.gave_up(run)
    again.ended(run, info(run, "stopped"))
    assert [trial.state.name for trial in again.study.trials] == ["PRUNED"]


def test_where_the_loss_is_compared_a_run_of_a_high_loss_is_ended(folder: SweepFolder) -> None:
    config = sweep().model_copy(update={"table": TableSpec(metric="final_val_loss")})
    source = OptunaSearch(config, folder)
    source.study.pruner = optuna.pruners.ThresholdPruner(upper=1.0)
    run = source.next()
    assert run is not None
    good, poor = RunState(), RunState()
    good.fold([{"event": "epoch", "epoch": 1, "val_accuracy": 3.0, "val_loss": 0.7}])
    poor.fold([{"event": "epoch", "epoch": 2, "val_accuracy": 0.5, "val_loss": 1.5}])
    assert not source.is_hopeless(run, good)
    assert source.is_hopeless(run, poor)


def test_a_wrong_key_of_a_search_is_named(folder: SweepFolder) -> None:
    wrong = build_sweep(
        {"preset": "quick/digits", "search": {"trials": 1, "keys": {"optimizer.lrr": [1, 2]}}}
    )
    with pytest.raises(ConfigError, match=r"optimizer\.lr"):
        OptunaSearch(wrong, folder)
    assert not folder.path.exists()
