"""Evaluates a split shared out over the processes; each image counts once."""

from collections.abc import Callable
from dataclasses import dataclass

from torch import nn

from workbench.data import Split
from workbench.tasks import SplitMeter
from workbench.training.distributed.meters import Measured, put_together
from workbench.training.distributed.world import World
from workbench.training.loop.evaluation import Evaluator


@dataclass(frozen=True)
class SharedEvaluator(Evaluator):
    """An :class:`Evaluator` whose batches are divided among the parts, as neighbours."""

    world: World
    parts: int
    own: range  # the parts of this process

    def measure(
        self, model: nn.Module, split: Split, between: Callable[[], None] = lambda: None
    ) -> SplitMeter:
        """The metrics of all of a split, in every process; ``between`` is not called.

        What it may raise in one process would leave the others waiting.
        """
        batches = -(-len(split) // self.batch_size)
        meters = []
        for number in self.own:
            first, last = (batches * n // self.parts for n in (number, number + 1))
            rows = range(first * self.batch_size, min(last * self.batch_size, len(split)))
            meters.append(self.measure_rows(model, split, rows))
        measured: Measured = put_together(self.task.test_meter, meters, self.world)
        return measured  # type: ignore[return-value]
