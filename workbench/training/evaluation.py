"""Judging a network on a split: no gradients, no augmentation, one read of the sums."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from workbench.data import Split
from workbench.tasks import SplitMeter, Task
from workbench.training.devices import Compute


def measure(
    model: nn.Module,
    task: Task,
    split: Split,
    transform: Callable[[Tensor], Tensor],
    compute: Compute,
    batch_size: int,
    between: Callable[[], None] = lambda: None,
) -> SplitMeter:
    """``task.test_meter`` over a split, with the model in evaluation mode.

    ``between`` is called after each batch, so that a long test can be told to stop.
    """
    meter = task.test_meter()
    was_training = model.training
    model.eval()
    with torch.inference_mode(), compute.autocast():
        for start in range(0, len(split), batch_size):
            indices = torch.arange(start, min(start + batch_size, len(split)))
            images, targets = split.batch(indices.to(split.images.device))
            targets = {name: target.to(compute.device) for name, target in targets.items()}
            losses, outputs = task.predict(model, transform(images.to(compute.device)), targets)
            meter.update(outputs, targets, losses)
            between()
    model.train(was_training)
    return meter
