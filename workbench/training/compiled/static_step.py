"""A training step in static form: tensors that are filled, a pure step, results read afterwards.

A CUDA graph replays kernels with the addresses that they were recorded with. So everything in
which one step differs from the next lies in tensors that stay where they are: the step's images
by number, its epoch, the learning rates; random numbers come from generators that are seeded
before. The step itself then asks the host for nothing, and leaves its losses and what the meter
adds in tensors too. It is the ordinary step to the bit, on a CPU as well, where nothing is
captured and it can be tested.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from workbench.data.dataset import onto
from workbench.tasks import Losses, StaticMeter
from workbench.training.loop.seeds import AHEAD, seed_network

if TYPE_CHECKING:
    from workbench.training.loop.trainer import Trainer


@dataclass(frozen=True)
class Left:
    """What a step leaves: written again by the next one."""

    names: tuple[str, ...]
    losses: Tensor  # [len(names)]
    measured: dict[str, Tensor]


class StaticStep:
    """The steps of a trainer, in static form: ``fill``, ``run`` (or a replay of it), ``read``.

    From now on the optimiser's learning rates lie in this step's tensor.
    """

    def __init__(self, trainer: "Trainer") -> None:
        self.trainer = trainer
        batches = trainer.batches
        self.gpu = trainer.compute.device.type == "cuda"
        place = batches.split.images.device
        self.rows = torch.zeros(batches.batch_size, dtype=torch.int64, device=place)
        self.epoch = torch.zeros((), dtype=torch.int64, device=batches.device)
        self._epoch = 0
        groups = trainer.optimizer.param_groups
        # A fused optimiser on a GPU wants float32; elsewhere a rate is a double, as in Python.
        dtype = torch.float32 if self.gpu else torch.float64
        self.rates = torch.zeros(len(groups), dtype=dtype, device=batches.device)
        for group, rate in zip(groups, self.rates.unbind(), strict=True):
            group["lr"] = rate
        self._planned = torch.empty(0)  # the rates of AHEAD steps
        self._planned_for: tuple[int, float] | None = None  # the first of them, plateau's factor
        self._left: dict[bool, Left] = {}  # by whether the gradient's norm is measured

    def fill(self, step: int) -> float:
        """Have everything in place for a step, counted from 0; gives its learning rate."""
        lr, seed = self.trainer.plan(step)
        self._fill_rates(step)
        epoch, rows = self.trainer.batches.place(step)
        self.rows.copy_(rows)
        if epoch != self._epoch:
            self.epoch.fill_(epoch)
            self._epoch = epoch
        seed_network(seed, gpu=self.gpu)
        return lr

    def _fill_rates(self, step: int) -> None:
        """One copy on the device; the table behind it is brought there every AHEAD steps."""
        first = step - step % AHEAD
        asked = (first, self.trainer.plateau.factor)
        if self._planned_for != asked:
            factors = [group["lr_factor"] for group in self.trainer.optimizer.param_groups]
            table = [
                [self.trainer.plan(s)[0] * factor for factor in factors]
                for s in range(first, first + AHEAD)
            ]
            self._planned = onto(torch.tensor(table, dtype=self.rates.dtype), self.rates.device)
            self._planned_for = asked
        self.rates.copy_(self._planned[step - first])

    def run(self, norm: bool) -> None:
        """The step: a function of what was filled, of the network and of its optimiser."""
        trainer = self.trainer
        images, targets = trainer.batches.cut(self.rows, self.epoch)
        losses, ((outputs, targets, own),) = trainer.learn(images, targets, norm=norm)
        meter = cast(StaticMeter, trainer.meter)
        with torch.no_grad():
            measured = meter.measure(outputs, targets, own)
            self._left[norm] = Left(tuple(losses), torch.stack(list(losses.values())), measured)

    def read(self, norm: bool) -> Losses:
        """The losses of the step that was made last, copied; the meter takes in the rest."""
        left, trainer = self._left[norm], self.trainer
        # Asking whether it is one would take as long as all of this.
        cast(StaticMeter, trainer.meter).take(left.measured, trainer.batches.batch_size)
        return dict(zip(left.names, left.losses.clone().unbind(), strict=True))
