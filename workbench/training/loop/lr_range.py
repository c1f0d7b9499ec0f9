"""The learning-rate range test on a trainer that is thrown away: one step for each rate."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.config.lr_range import Smoothed, Span
from workbench.training.loop.seeds import derive, seed_network
from workbench.training.loop.trainer import Trainer
from workbench.training.optimizers.build import set_rate


@dataclass
class Curve:
    """What a test has seen: the rates in their order, with the loss of a step at each."""

    rates: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    smoothed: list[float] = field(default_factory=list)
    diverged: bool = False


def range_test(
    trainer: Trainer, span: Span, between: Callable[[int], None] = lambda _: None
) -> Curve:
    """Train one step at each rate of ``span``, until the loss diverges.

    Data order, augmentation and dropout are those of the first steps of a run: equal
    configurations give equal curves. ``between`` is called after each step with their number.
    """
    curve, smoothed = Curve(), Smoothed()
    trainer.model.train()
    for rate in span.rates:
        loss = _step(trainer, rate)
        if not math.isfinite(loss) or smoothed.has_diverged(value := smoothed.add(loss)):
            curve.diverged = True
            break
        curve.rates.append(rate)
        curve.losses.append(loss)
        curve.smoothed.append(value)
        between(len(curve.rates))
    return curve


def _step(trainer: Trainer, rate: float) -> float:
    """As :meth:`Trainer.train_step`, at a given rate; synchronises to look at its loss."""
    for group in trainer.optimizer.param_groups:
        set_rate(group, rate * group["lr_factor"])
    seed = derive(trainer.config.train.seed, "network", trainer.step)
    seed_network(seed, gpu=trainer.compute.device.type == "cuda")
    images, targets = trainer.batches.batch(trainer.step)
    losses, _ = trainer.learn(images, targets, norm=False)
    trainer.step += 1
    return float(losses["loss"])
