"""Evaluates a network on a split, without gradients and without augmentation."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn

from workbench.data import Split
from workbench.data.augmentation.transforms import TestTransform
from workbench.tasks import SplitMeter, Task
from workbench.training.loop.devices import Compute


@dataclass(frozen=True)
class Evaluator:
    """Measures networks with a task's test meter, on the device and in the run's precision."""

    task: Task
    transform: TestTransform
    compute: Compute
    batch_size: int

    def measure(
        self, model: nn.Module, split: Split, between: Callable[[], None] = lambda: None
    ) -> SplitMeter:
        """The task's test meter after all of a split; the model is in evaluation mode meanwhile.

        ``between`` is called after each batch and may raise to end the evaluation.
        """
        return self.measure_rows(model, split, range(len(split)), between)

    def measure_rows(
        self,
        model: nn.Module,
        split: Split,
        rows: range,
        between: Callable[[], None] = lambda: None,
    ) -> SplitMeter:
        """As :meth:`measure`, of some neighbouring rows of the split."""
        meter = self.task.test_meter()
        was_training = model.training
        model.eval()
        with torch.inference_mode(), self.compute.autocast():
            for start in range(rows.start, rows.stop, self.batch_size):
                stop = min(start + self.batch_size, rows.stop)
                indices = torch.arange(start, stop, device=split.images.device)
                images, targets = split.batch(indices)
                losses, outputs = self.task.predict(model, self.transform(images), targets)
                meter.update(outputs, targets, losses)
                between()
        model.train(was_training)
        return meter
