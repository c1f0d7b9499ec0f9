"""Metrics over the parts of a batch, or of a split: each is measured alone, then all are added.

They are added in the order of the parts, so that the numbers do not depend on how many processes
there are either.
"""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from workbench.errors import RunError
from workbench.tasks import Losses, SplitMeter, Targets, TrainMeter
from workbench.tasks.adding import Addable
from workbench.training.distributed.world import World


class PartMeters:
    """The training meters of this process's parts, each fed in turn (a :class:`TrainMeter`)."""

    def __init__(
        self, fresh: Callable[[], TrainMeter], world: World, own: range, updates: int
    ) -> None:
        """``updates`` of a part follow each other in a step."""
        self.fresh, self.world, self.own, self.updates = fresh, world, own, updates
        self.meters = [fresh() for _ in own]
        self._turn = 0
        addable(self.meters[0])

    def update(self, outputs: Any, targets: Targets, losses: Losses) -> None:
        """Add what a part has computed."""
        self.meters[self._turn // self.updates].update(outputs, targets, losses)
        self._turn = (self._turn + 1) % (len(self.own) * self.updates)

    def result(self) -> dict[str, Any]:
        """The metrics of all parts, the same in all processes."""
        everybody = self.world.gather([addable(meter).sums() for meter in self.meters])
        return self.world.tell(lambda: _added(self.fresh(), everybody).result())  # type: ignore[no-any-return]

    def state(self) -> dict[str, Tensor]:
        """The sums of all parts at rank 0, ``N.name``; {} elsewhere."""
        mine = [{k: t.cpu() for k, t in meter.state().items()} for meter in self.meters]
        everybody = self.world.gather(mine)
        parts = [part for process in everybody for part in process]
        return {f"{n}.{name}": t for n, part in enumerate(parts) for name, t in part.items()}

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from a checkpoint's sums, of as many parts."""
        for number, meter in zip(self.own, self.meters, strict=True):
            start = f"{number}."
            meter.load({k.removeprefix(start): t for k, t in state.items() if k.startswith(start)})


class Measured:
    """What a split meter came to, in every process."""

    def __init__(self, result: dict[str, Any], worst: list[int]) -> None:
        self._result, self._worst = result, worst

    def result(self) -> dict[str, Any]:
        """The metrics."""
        return self._result

    def worst(self) -> list[int]:
        """Rows of the worst images."""
        return self._worst


def put_together(fresh: Callable[[], SplitMeter], mine: list[SplitMeter], world: World) -> Measured:
    """The metrics of a split whose meters lie in several processes, the first images first."""
    everybody = world.gather([addable(meter).sums() for meter in mine])

    def result() -> tuple[dict[str, Any], list[int]]:
        meter = _added(fresh(), everybody)
        return meter.result(), meter.worst()

    return Measured(*world.tell(result))


def addable(meter: Any) -> Addable:
    """The meter; raises RunError for a task's meter that cannot be added to another."""
    if isinstance(meter, Addable):
        return meter
    raise RunError(
        f"{type(meter).__name__} has no sums() and add_sums(), which put the metrics of several "
        "processes together; set train.devices = 1 and train.parts = 0"
    )


def _added(meter: Any, everybody: list[list[Any]]) -> Any:
    for process in everybody:
        for sums in process:
            addable(meter).add_sums(sums)
    return meter
