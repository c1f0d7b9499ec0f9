"""Chooses a split's sample images and has the task draw its predictions on them."""

import torch

from workbench.data import Split
from workbench.runs.store.gallery import Gallery, GalleryImage
from workbench.training.loop.trainer import Trainer

ALWAYS = 24  # first images of the split: the same in every epoch


def gallery(trainer: Trainer, split: Split, name: str) -> Gallery:
    """The first images of a split and the worst of its last evaluation, with predictions."""
    first = range(min(ALWAYS, len(split)))
    rows = [*first, *(row for row in trainer.worst if row not in first)]
    return Gallery(tuple(_images(trainer, split, rows)), trainer.epochs_done, name)


def _images(trainer: Trainer, split: Split, rows: list[int]) -> list[GalleryImage]:
    device = trainer.compute.device
    images, targets = split.batch(torch.tensor(rows))
    images = images.to(device)
    targets = {key: target.to(device) for key, target in targets.items()}
    raw = trainer.evaluator.transform.images(images)
    was_training = trainer.eval_model.training
    trainer.eval_model.eval()
    with torch.inference_mode(), trainer.compute.autocast():
        shown = trainer.task.images(
            trainer.eval_model, trainer.evaluator.transform(images), raw, targets
        )
    trainer.eval_model.train(was_training)
    return shown
