"""Evaluates a finished run's weights again, at its own test crop or over a range of crops."""

import time
from dataclasses import dataclass
from typing import Any

from workbench.config.fitting import resolve
from workbench.data import DataSet, Progress, Split, load_data, no_progress
from workbench.errors import DataError, RequestError
from workbench.runs.store.evaluations import CropRange, keep_evaluation
from workbench.runs.store.folder import RunFolder
from workbench.tasks import build_task
from workbench.training.inference.finished import FinishedRun, Which, open_run, takes
from workbench.training.loop.evaluation import Evaluator


@dataclass(frozen=True)
class Asked:
    """What to evaluate, and where; None stands for the run's own."""

    crops: CropRange | None = None  # px
    split: str = "test"  # or validation
    weights: Which = "last"
    data_root: str | None = None
    device: str | None = None


def evaluate_run(
    folder: RunFolder, asked: Asked, progress: Progress = no_progress
) -> dict[str, Any]:
    """Evaluate a run's weights and keep the result beside it; returns the document kept.

    At the run's own test crop the record's test accuracy comes out again, exactly. ``results``
    has one entry a crop; ``best`` is the one with the highest accuracy. Raises RequestError for
    crops that the network cannot take, DataError for data of other classes.
    """
    crops, split = asked.crops, asked.split
    run = open_run(folder, asked.weights, asked.device)
    if crops is not None and run.config.task.kind != "classification":
        raise RequestError(
            f"--crop: only for classification; run {folder.id} is of task {run.config.task.kind}"
        )
    sides = crops.sizes if crops else [run.crop]
    if crops is not None and (refused := _first_refused(run, sides)):
        raise RequestError(
            f"--crop: this network takes no images of {refused} px; it trained on {run.crop} px"
        )
    data = load_data(resolve(run.config, asked.data_root), progress)
    _check_classes(run, data)
    results = _evaluate_all(run, data, split, sides, progress)
    document = _document(run, data, split, results)
    name = f"{split}-{asked.weights}" + (f"-crop-{crops}" if crops else "")
    document["path"] = str(folder.path / "evaluations" / f"{name}.json")
    keep_evaluation(folder, name, document)
    return document


def _evaluate_all(
    run: FinishedRun, data: DataSet, split: str, sides: list[int], progress: Progress
) -> list[dict[str, Any]]:
    task = build_task(run.config, data, run.compute.device)
    chosen: Split = data.test if split == "test" else data.validation
    images = chosen.to(run.compute.device)
    results = []
    for index, side in enumerate(sides):
        progress(f"testing at {side} px", index, len(sides))
        began = time.perf_counter()
        transform = run.transform(data.mean, data.std, side)
        evaluator = Evaluator(task, transform, run.compute, run.config.train.eval_batch_size)
        metrics = evaluator.measure(run.eval_model, images).result()
        seconds = round(time.perf_counter() - began, 3)
        results.append({"crop": side, **metrics, "seconds": seconds})
    return results


def _document(
    run: FinishedRun, data: DataSet, split: str, results: list[dict[str, Any]]
) -> dict[str, Any]:
    best = max(results, key=lambda result: float(result["accuracy"]))
    own = next((result for result in results if result["crop"] == run.crop), None)
    known_hash = run.recorded("data", "hash")
    document: dict[str, Any] = {
        "run": run.folder.id,
        "split": split,
        "weights": run.weights,
        "step": run.step,
        "device": run.compute.name,
        "precision": run.compute.precision,
        "same_data": known_hash == data.content_hash if known_hash else None,
        "native_crop": run.crop,
        "recorded_test_accuracy": run.recorded("result", "test_accuracy"),
        "best": {"crop": best["crop"], "accuracy": best["accuracy"]},
        "results": results if len(results) == 1 else [_slim(result) for result in results],
    }
    if own is not None:  # as the record names them
        for name in ("accuracy", "loss", "top3_accuracy"):
            if name in own:
                document[f"{split}_{name}"] = own[name]
    return document


def _slim(result: dict[str, Any]) -> dict[str, Any]:
    """A result of many, without its confusion matrix."""
    return {key: value for key, value in result.items() if key != "confusion"}


def _first_refused(run: FinishedRun, sides: list[int]) -> int | None:
    return next((side for side in sides if not takes(run, side)), None)


def _check_classes(run: FinishedRun, data: DataSet) -> None:
    if len(data.classes) != run.config.data.classes:
        raise DataError(
            f"data.root: has {len(data.classes)} classes; run {run.folder.id} was trained on "
            f"{run.config.data.classes}"
        )
