"""What differs between runs, and which of them no other beats."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.comparison import differences
from workbench.comparison.compared_run import ComparedRun
from workbench.config.presets import load_preset
from workbench.runs.history.run_info import RunInfo
from workbench.runs.history.state import RunState
from workbench.runs.live.status import RunStatus
from workbench.runs.store.folder import RunFolder

Numbers = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12)


def run(
    name: str,
    changes: dict[str, Any] | None = None,
    record: dict[str, Any] | None = None,
    layers: list[dict[str, Any]] | None = None,
) -> ComparedRun:
    config = load_preset("quick/digits", changes)
    folder = RunFolder(Path(name))
    info = RunInfo(folder, RunStatus("finished"), record or {}, config, {})
    return ComparedRun(info, RunState(), {"layers": layers} if layers is not None else None)


def test_only_what_differs_is_listed() -> None:
    compared = [run("a"), run("b", {"optimizer.lr": 0.5, "data.root": "/elsewhere"})]
    assert differences.configuration(compared) == {"optimizer.lr": [0.004, 0.5]}


def test_a_key_that_one_kind_lacks_is_none_there() -> None:
    compared = [run("a"), run("b", {"optimizer.kind": "sgd"})]
    assert differences.configuration(compared)["optimizer.momentum"] == [None, 0.9]


@pytest.mark.parametrize(
    ("name", "values", "best"),
    [
        ("test_accuracy", [0.5, 0.7, None, 0.7], [1, 3]),
        ("test_loss", [0.5, 0.7], [0]),
        ("params", [1, 2], []),  # neither is better
        ("test_accuracy", [0.5, 0.5], []),
        ("test_accuracy", [0.5, None], []),
    ],
)
def test_the_best_of_a_result(name: str, values: list[float | None], best: list[int]) -> None:
    assert differences.best(name, values) == best


@given(Numbers)
def test_the_front_is_what_no_point_beats(points: list[tuple[int, int]]) -> None:
    costs, gains = [p[0] for p in points], [p[1] for p in points]
    front = differences.pareto_front(costs, gains)
    for index, (cost, gain) in enumerate(points):
        beaten = any(c <= cost and g >= gain and (c, g) != (cost, gain) for c, g in points)
        assert (index in front) is not beaten


def test_a_run_without_a_number_is_not_on_the_front() -> None:
    assert differences.pareto_front([1, None, 3], [0.5, 0.9, None]) == [0]


def test_classes_that_differ_most_come_first() -> None:
    def tested(cat: int, dog: int) -> dict[str, Any]:
        table = {"cat": {"correct": cat, "total": 10}, "dog": {"correct": dog, "total": 10}}
        return {"result": {"test_per_class": table}}

    rows = differences.classes([run("a", record=tested(5, 5)), run("b", record=tested(6, 9))])
    assert list(rows) == ["dog", "cat"]
    assert differences.spread(rows["dog"]) == pytest.approx(0.4)


def test_layers_of_different_networks_stand_in_order_of_execution() -> None:
    def layer(name: str) -> dict[str, Any]:
        return {"name": name, "params": 1, "macs": 1, "type": "Conv2d", "output_shape": [1]}

    one = run("a", layers=[layer("stem"), layer("head")])
    two = run("b", layers=[layer("stem"), layer("block"), layer("block"), layer("head")])
    rows = differences.layers([one, two])
    assert list(rows) == ["stem", "block", "block (2)", "head"]
    assert rows["block"][0] is None and rows["head"][0] is not None
