"""Judging a network on a split: no gradients, no augmentation, one read of the sums."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from workbench.data import Split
from workbench.tasks import SplitMeter, Task
from workbench.training.loop.devices import Compute


def measure(
    model: nn.Module,
    task: Task,
    split: Split,
    transform: Callable[[Tensor], Tensor],
    compute: Compute,
    batch_size: int,
    between: Callable[[], None] = lambda: None,
) -> SplitMeter:
    """``task.test_meter`` over a split on the device, with the model in evaluation mode.

    ``between`` is called after each batch, so that a long test can be told to stop.
    """
    meter = task.test_meter()
    was_training = model.training
    model.eval()
    with torch.inference_mode(), compute.autocast():
        for start in range(0, len(split), batch_size):
            stop = min(start + batch_size, len(split))
            indices = torch.arange(start, stop, device=split.images.device)
            images, targets = split.batch(indices)
            losses, outputs = task.predict(model, transform(images), targets)
            meter.update(outputs, targets, losses)
            between()
    model.train(was_training)
    return meter
