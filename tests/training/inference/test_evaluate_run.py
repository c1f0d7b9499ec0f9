"""Evaluating a finished run again: the same result, and its progress."""

from typing import Any

import pytest

from workbench.data import DataSet, Progress
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.training.inference import evaluate_run as module
from workbench.training.inference.evaluate_run import Asked, evaluate_run


def test_reading_the_data_and_each_test_are_told(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = module.load_data

    def slow(config: Any, progress: Progress) -> DataSet:
        progress("decoding images", 1, 2)
        return real(config, progress)

    monkeypatch.setattr(module, "load_data", slow)
    said: list[tuple[Any, ...]] = []
    document = evaluate_run(finished, Asked(device="cpu"), lambda *what: said.append(what))
    assert said == [("decoding images", 1, 2), ("testing at 8 px", 0, 1)]
    recorded = read_record(finished.record)["result"]["test_accuracy"]
    assert document["test_accuracy"] == document["recorded_test_accuracy"] == recorded
