"""What the rules find in runs that really went wrong, and in one that did not.

Recorded with ``workbench train quick/digits --set train.epochs=10 --set train.grad_norm_every=0``
and, beside it: ``healthy`` model.width=16; the others model.width=8 and ``not-learning``
optimizer.kind=sgd optimizer.lr=1e-6 train.epochs=4, ``diverged`` optimizer.kind=sgd
optimizer.lr=100 schedule.warmup=0, ``never`` train.epochs=1 optimizer.lr=1e-4; ``overfitting`` on
200 photographs of clothes of 16 px, 40 epochs at a constant rate.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Workbench
from workbench.diagnosis.diagnose import accuracies, diagnose, read_case
from workbench.diagnosis.finding import Case
from workbench.diagnosis.intervals import wilson
from workbench.runs.history.state import RunState
from workbench.runs.store.folder import RunFolder

RUNS = Path(__file__).parent / "runs"


def case(name: str) -> Case:
    return read_case(RunFolder(RUNS / name))


def names(found: Case) -> list[str]:
    return [finding.name for finding in diagnose(found)]


def test_a_healthy_run_has_neither_problem_nor_warning() -> None:
    assert [f.name for f in diagnose(case("healthy")) if f.severity != "note"] == []


@pytest.mark.parametrize(
    ("run", "name"),
    [
        ("not-learning", "not-learning"),
        ("diverged", "diverged"),
        ("never", "class-never-predicted"),
        ("overfitting", "overfitting"),
    ],
)
def test_a_run_that_went_wrong_is_told_why_first(run: str, name: str) -> None:
    first = diagnose(case(run))[0]
    assert first.name == name and first.severity == "problem"
    assert first.evidence and first.advice and first.keys


def test_the_keys_that_are_advised_exist() -> None:
    from workbench.config import change_config, flatten, to_tables
    from workbench.config.presets import load_preset

    presets = [
        load_preset("quick/digits"),
        change_config(load_preset("quick/digits"), {"data.name": "imagefolder"}),
    ]
    known = {key for preset in presets for key in flatten(to_tables(preset))}
    for run in RUNS.iterdir():
        for finding in diagnose(case(run.name)):
            assert set(finding.keys) <= known | {"model.freeze"}, finding.name


def rows(*each: dict[str, Any], **more: Any) -> Case:
    """A run of ten classes with these epochs."""
    state = RunState(epoch_rows=list(each), epochs=len(each), classes=[*"0123456789"])
    return Case(state, more.get("record", {}))


def test_a_validation_loss_that_turns_is_overfitting_only_while_the_other_falls() -> None:
    val = [2.0, 1.0, 1.1, 1.2, 1.3, 1.3]
    falls = [{"val_loss": v, "train_loss": 2.0 / (n + 1)} for n, v in enumerate(val)]
    (finding,) = diagnose(rows(*falls))
    assert finding.name == "overfitting" and finding.since_epoch == 2
    rises = [{**row, "train_loss": 1.0 + n} for n, row in enumerate(falls)]
    assert "overfitting" not in names(rows(*rises))


def test_jumps_and_a_run_that_ended_too_early() -> None:
    jumping = [{"val_loss": v} for v in (2.0, 1.0, 1.5, 1.0, 1.6, 1.0, 1.7)]
    assert "rate-too-high" in names(rows(*jumping))
    falling = [{"val_loss": v} for v in (2.0, 1.5, 1.2)]
    assert names(rows(*falling)) == ["too-short"]
    state = replace(rows(*falling).state, epochs=9)  # it goes on
    assert names(Case(state)) == []


def test_slower_epochs_count_where_they_are_long() -> None:
    speeds = [100.0] * 12 + [50.0] * 4
    slow = [{"images_per_second": speed, "seconds": 3.0} for speed in speeds]
    assert names(rows(*slow)) == ["throughput-fell"]
    assert names(rows(*({**row, "seconds": 0.1} for row in slow))) == []


def test_memory_and_an_idle_gpu() -> None:
    state = rows({"val_loss": 1.0}).state
    state.system = {"gpu_memory_bytes": 95, "gpu_memory_total": 100, "gpu_load": 0.2}
    assert names(Case(state)) == ["memory-nearly-full", "host-bound"]
    state.system = {"gpu_memory_bytes": 50, "gpu_memory_total": 100, "gpu_load": 0.9}
    assert names(Case(state)) == []


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (50, 100, 0.4038, 0.5962), (0, 0, 0.0, 1.0)],
)
def test_wilsons_interval(hits: int, count: int, low: float, high: float) -> None:
    assert wilson(hits, count) == pytest.approx((low, high), abs=2e-4)


def test_accuracies_have_their_interval() -> None:
    known = accuracies(case("healthy"))
    assert known["test"]["images"] == 359
    assert known["test"]["low"] < known["test"]["accuracy"] < known["test"]["high"]


def test_the_command_prints_and_has_one_json_document(tmp_path: Path, workbench: Workbench) -> None:
    run = tmp_path / "bad"
    shutil.copytree(RUNS / "not-learning", run)
    (run / "config.toml").touch()
    text = workbench("diagnose", str(run))
    assert text.status == 0 and text.out.startswith("✗ It does not learn (since epoch 1)")
    told = json.loads(workbench("diagnose", str(run), "--json").out)
    assert told["run"] == "bad" and told["findings"][0]["name"] == "not-learning"
    (run / "metrics.jsonl").unlink()
    assert "has no epoch yet" in workbench("diagnose", str(run)).out
