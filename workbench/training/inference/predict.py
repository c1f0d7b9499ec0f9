"""Predicts the classes of images with a finished run's network.

An image is decoded, cropped and normalised as the run's test images.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from workbench.config.sections.listed_data import ListedData
from workbench.data.decode import BrokenImage, Fit, decode
from workbench.errors import RequestError
from workbench.runs.store.folder import RunFolder
from workbench.training.inference.finished import FinishedRun, open_run

BATCH = 64  # images at once


@dataclass(frozen=True)
class Prediction:
    """The predicted classes of one image, the likeliest first, or the error."""

    path: Path
    top: tuple[tuple[str, float], ...] = ()  # (class, probability 0 to 1)
    error: str = ""
    pixels: NDArray[np.uint8] | None = None  # [crop, crop, C]: what the network saw


def predict(
    folder: RunFolder,
    images: Sequence[Path],
    *,
    top: int = 5,
    best: bool = False,
    device: str | None = None,
) -> Iterator[Prediction]:
    """The ``top`` classes of each image, in their order; broken ones come with an error.

    ``best`` uses the weights of the best validation accuracy, not the final ones. Of a
    multi-label run each class has a probability of its own. Raises :class:`RequestError` for a
    run whose task names no classes.
    """
    run = open_run(folder, "best" if best else "last", device)
    if run.config.task.kind not in ("classification", "multilabel"):
        raise RequestError(
            f"run {folder.id} is of task {run.config.task.kind}; predict names classes only"
        )
    for start in range(0, len(images), BATCH):
        yield from _batch(run, images[start : start + BATCH], top)


def _batch(run: FinishedRun, paths: Sequence[Path], top: int) -> Iterator[Prediction]:
    found = [_decode(run, path) for path in paths]
    arrays = [one for one in found if isinstance(one, np.ndarray)]
    answers = iter(_classify(run, arrays, top) if arrays else [])
    for path, one in zip(paths, found, strict=True):
        if isinstance(one, str):
            yield Prediction(path, error=one)
        else:
            classes, pixels = next(answers)
            yield Prediction(path, classes, pixels=pixels)


def _decode(run: FinishedRun, path: Path) -> NDArray[np.uint8] | str:
    data = run.config.data
    fit: Fit = data.fit if isinstance(data, ListedData) else "crop"
    try:
        return decode(path, data.size, data.channels, fit)
    except BrokenImage as error:
        return str(error)


def _classify(
    run: FinishedRun, arrays: Sequence[NDArray[np.uint8]], top: int
) -> list[tuple[tuple[tuple[str, float], ...], NDArray[np.uint8]]]:
    mean, std = run.normalisation
    transform = run.transform(mean, std, run.crop)
    images = torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2)
    seen = transform.images(images)
    with torch.inference_mode(), run.compute.autocast():
        logits = run.eval_model(transform(images.to(run.compute.device)))
    one_each = run.config.task.kind == "classification"
    chances = logits.float().softmax(dim=1) if one_each else logits.float().sigmoid()
    shares, places = chances.topk(min(top, len(run.classes)))
    names = run.classes
    return [
        (
            tuple((names[i], share) for i, share in zip(row, probabilities, strict=True)),
            pixels.numpy(),
        )
        for row, probabilities, pixels in zip(places.tolist(), shares.tolist(), seen, strict=True)
    ]
