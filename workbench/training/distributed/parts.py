"""A batch in parts: each has batch statistics and random numbers of its own.

What a part computes depends on its number, not on the process that computes it. With
``train.parts`` the gradients are added up as a tree (``tree.py``) as well, so that a run is the
same bits on 1, 2, 4, … processes. Without, each process has one part and the order of the sum is
the library's.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from workbench.errors import RunError
from workbench.tasks import Losses, Targets
from workbench.training.distributed.tree import Terms, TreeSum
from workbench.training.distributed.world import World
from workbench.training.loop.seeds import derive, seed_network

if TYPE_CHECKING:
    from workbench.training.loop.trainer import MeterInput

GRADIENT, BUFFER = "gradient ", "buffer "
# Of a part's images, targets and share of the batch: its losses, and what its meter takes in.
Learn = Callable[[Tensor, Targets, float], tuple[Losses, "list[MeterInput]"]]


class Parts:
    """The parts of a batch that this process has, and how all of them become one gradient."""

    def __init__(self, model: nn.Module, world: World, count: int, *, in_pairs: bool) -> None:
        self.model, self.world, self.count = model, world, count
        self.in_pairs = in_pairs  # of a number that is a power of two
        each = count // world.size
        self.own = range(world.rank * each, (world.rank + 1) * each)
        self._parameters = dict(model.named_parameters())
        self._buffers = dict(model.named_buffers())
        self._like = _named(self._parameters, self._buffers)
        self._names: list[str] = []  # of what is added up over the processes
        self._asked: int | None = None  # parameters that train, when the names were agreed on

    def learn(self, images: Tensor, targets: Targets, seed: int, learn: Learn) -> Any:
        """Have each own part learned, and the mean gradient of all parts in the parameters.

        ``images`` and ``targets`` are those of the own parts. Returns the losses by name, a
        value a part (float [own]), and what the meters of the parts take in, in their order.
        """
        size = len(images) // len(self.own)
        start = {name: buffer.clone() for name, buffer in self._buffers.items()}
        losses: list[Losses] = []
        inputs: list[MeterInput] = []
        total = TreeSum()
        for place, number in enumerate(self.own):
            if place:
                self._set_buffers(start)
            seed_network(derive(seed, "part", number), gpu=images.is_cuda)
            cut = slice(place * size, (place + 1) * size)
            part = {name: target[cut] for name, target in targets.items()}
            found, taken = learn(images[cut], part, 1 / self.count)
            losses.append(found)
            inputs += taken
            total.add(self._terms(start))
        self._keep(self._over_all(total.total()), start)
        names = losses[0]
        return {name: torch.stack([each[name] for each in losses]) for name in names}, inputs

    def _terms(self, start: Terms) -> Terms:
        """The gradients, which are taken away, and a share of how far each buffer has moved."""
        terms: Terms = {}
        for name, parameter in self._parameters.items():
            if parameter.grad is not None:
                terms[GRADIENT + name] = parameter.grad
                parameter.grad = None
        for name, buffer in self._buffers.items():
            if buffer.is_floating_point():  # a counter counts the same in every part
                terms[BUFFER + name] = (buffer.detach() - start[name]) / self.count
        return terms

    def _keep(self, total: Terms, start: Terms) -> None:
        """Gradients into the parameters; the buffers moved by the mean of the parts' moves."""
        moved = {}
        for name, value in total.items():
            if name.startswith(GRADIENT):
                self._parameters[name.removeprefix(GRADIENT)].grad = value
            else:
                plain = name.removeprefix(BUFFER)
                moved[plain] = start[plain] + value
        self._set_buffers(moved)

    def _set_buffers(self, values: Terms) -> None:
        with torch.no_grad():
            for name, value in values.items():
                self._buffers[name].copy_(value)

    def _over_all(self, mine: Terms) -> Terms:
        """The sum over the processes: one message for each type of number."""
        if self.world.size == 1:
            return mine
        self._agree(mine)
        if unknown := mine.keys() - {*self._names}:
            raise RunError(
                f"{min(unknown).partition(' ')[2]} got its first gradient after the first step; "
                "set train.devices = 1 for a network whose steps train different layers"
            )
        total: Terms = {}
        for dtype in dict.fromkeys(self._like[name].dtype for name in self._names):
            names = [name for name in self._names if self._like[name].dtype == dtype]
            values = [mine[n] if n in mine else torch.zeros_like(self._like[n]) for n in names]
            flat = torch.cat([value.reshape(-1) for value in values])
            flat = self.world.add_up(flat, in_pairs=self.in_pairs)
            pieces = torch.split(flat, [value.numel() for value in values])
            for name, piece, value in zip(names, pieces, values, strict=True):
                # In the layout of its parameter, which optimisers are fastest with.
                total[name] = torch.empty_like(self._like[name]).copy_(piece.view(value.shape))
        return total

    def _agree(self, mine: Terms) -> None:
        """Which tensors are added up: those of any process, in the network's order."""
        asked = sum(parameter.requires_grad for parameter in self.model.parameters())
        if asked == self._asked:
            return
        self._asked = asked
        everybody = {name for names in self.world.share([*mine]) for name in names}
        self._names = [name for name in self._like if name in everybody]


def _named(parameters: dict[str, nn.Parameter], buffers: dict[str, Tensor]) -> Terms:
    """Parameters and buffers by the names of what is added up for them."""
    gradients = {GRADIENT + name: parameter.detach() for name, parameter in parameters.items()}
    return gradients | {BUFFER + name: buffer for name, buffer in buffers.items()}
