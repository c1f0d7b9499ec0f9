"""Loads scenes: objects of a classification data set on textured backgrounds, with boxes (study 5).

A scene is drawn from uniform numbers of a seeded generator, in float64, so that machines which
differ in its last bit still round to the same bytes. Scenes of a split are made of the source's
images of the same split.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from filelock import FileLock
from safetensors.torch import load_file, save_file
from torch import Tensor

from workbench.config import RunConfig
from workbench.config.fitting import cache_folder, source_config
from workbench.config.sections.data import ScenesData
from workbench.data import load_data
from workbench.data.dataset import DataSet, ImageRows, Progress, Split
from workbench.data.sets.drawing import draw_objects, place_objects, textures
from workbench.data.statistics import channel_statistics, normalisation
from workbench.detection.boxes import STRIDE, proposal_mask
from workbench.errors import DataError

VERSION = 1  # of the drawing: a change of it makes every cache anew
CHUNK = 500  # scenes drawn at once
# Keys that change nothing about the images: what was drawn without them is not drawn anew.
NOT_DRAWN = {"root", "mean", "std", "classes", "allow_missing_classes", "folds", "fold", "balance"}
SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Scenes:
    """Drawn scenes: images uint8 [N, C, S, S] and their labels."""

    images: Tensor
    targets: dict[str, Tensor]


def load(config: RunConfig, progress: Progress) -> DataSet:
    """Load the scenes of a configuration; draws them first if they are not cached.

    Targets are ``label`` int64 [N, objects], ``box`` float32 [N, objects, 3] (centre x, y and
    width in pixels) and ``mask`` uint8 [N, S/8, S/8] (1 object, 0 background, 2 ignored).
    Raises :class:`DataError` where the source is missing or the cache cannot be written.
    """
    data = config.data
    assert isinstance(data, ScenesData)
    source = load_data(source_config(config), progress)
    folder = cache_folder() / "scenes" / _key(data, source.content_hash)
    try:
        if not (folder / "meta.json").is_file():
            folder.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(folder.with_suffix(".lock")):
                if not (folder / "meta.json").is_file():
                    _build(data, source, folder, progress)
        train, validation, test = (_open(folder, split) for split in SPLITS)
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(
            f"{error.filename or folder}: the scenes cannot be kept here "
            f"({error.strerror or error}); name another folder in $WORKBENCH_CACHE"
        ) from None
    mean, std = normalisation(config, lambda: (meta["mean"], meta["std"]))
    return DataSet(
        name=data.name,
        classes=source.classes,
        train=train,
        validation=validation,
        test=test,
        mean=mean,
        std=std,
        content_hash=meta["sha256"],
        skipped=source.skipped,
        given=frozenset(SPLITS),  # which classes a scene shows is drawn, not chosen
    )


def draw(data: ScenesData, images: Tensor, labels: Tensor, rng: np.random.Generator) -> Scenes:
    """Draw a scene of each of N rows: objects uint8 [N, M, C, H, W] with labels [N, M]."""
    count, objects, channels = images.shape[:3]
    canvas = textures(rng, count, channels, data.size)
    places = place_objects(rng, data, count, objects)
    drawn = draw_objects(canvas, images.double(), places)
    drawn = drawn.round_().clamp_(0, 255).to(torch.uint8)
    boxes = places.boxes.float()
    mask = proposal_mask(boxes, labels, data.size // STRIDE)
    return Scenes(drawn, {"label": labels, "box": boxes, "mask": mask})


def scene_counts(scenes: int, images: list[int]) -> list[int]:
    """Scenes of each split: ``scenes`` of training (0: a scene an image), the rest in step."""
    share = (scenes or images[0]) / images[0]
    return [max(1, round(count * share)) for count in images]


def _build(data: ScenesData, source: DataSet, folder: Path, progress: Progress) -> None:
    part = folder.with_suffix(".part")
    part.mkdir(exist_ok=True)
    splits = [source.train, source.validation, source.test]
    counts = scene_counts(data.scenes, [len(split) for split in splits])
    digest = hashlib.sha256()
    done = 0
    for number, (name, split, count) in enumerate(zip(SPLITS, splits, counts, strict=True)):
        order = np.random.default_rng([data.scene_seed, number]).permutation(len(split))
        chunks = []
        with (part / f"{name}.uint8").open("wb") as out:
            for start in range(0, count, CHUNK):
                scenes = _chunk(data, split, order, number, start, min(CHUNK, count - start))
                pixels = scenes.images.permute(0, 2, 3, 1).contiguous().numpy().tobytes()
                out.write(pixels)
                digest.update(pixels)
                chunks.append(scenes.targets)
                done += len(scenes.images)
                progress("drawing scenes", done, sum(counts))
        targets = {key: torch.cat([chunk[key] for chunk in chunks]) for key in chunks[0]}
        save_file(targets, part / f"{name}.safetensors")
        for key in sorted(targets):
            digest.update(targets[key].numpy().tobytes())
    mean, std = channel_statistics(_open(part, "train").images)
    meta = {"sha256": digest.hexdigest(), "mean": mean, "std": std}
    (part / "meta.json").write_text(json.dumps(meta), encoding="utf-8")
    part.rename(folder)


def _chunk(
    data: ScenesData, split: Split, order: np.ndarray, number: int, start: int, count: int
) -> Scenes:
    """Scenes ``start`` to ``start + count`` of a split: a function of seed and place alone."""
    rng = np.random.default_rng([data.scene_seed, number, start])
    places = np.arange(start * data.objects, (start + count) * data.objects)
    rows = torch.from_numpy(order[places % len(order)])
    images, targets = split.batch(rows)
    shape = (count, data.objects)
    return draw(data, images.view(*shape, *images.shape[1:]), targets["label"].view(shape), rng)


def _open(folder: Path, name: str) -> Split:
    targets = load_file(folder / f"{name}.safetensors")
    count, cells = targets["mask"].shape[:2]
    side = cells * STRIDE
    path = folder / f"{name}.uint8"
    channels = path.stat().st_size // (count * side * side)
    # Mapped copy-on-write: torch wants memory that it may write to, and the file stays as it is.
    array = np.memmap(path, dtype=np.uint8, mode="c", shape=(count, side, side, channels))
    images = torch.from_numpy(array).permute(0, 3, 1, 2)
    return Split(ImageRows(images, torch.arange(count)), targets)


def _key(data: ScenesData, source_hash: str) -> str:
    settings = data.model_dump(exclude=NOT_DRAWN)
    text = json.dumps([VERSION, CHUNK, settings, source_hash], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
