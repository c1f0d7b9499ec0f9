"""Lion (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", arXiv:2302.06675)."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor


class Lion(torch.optim.Optimizer):
    """Moves every weight by ``lr`` in the direction of the sign of a momentum; decoupled decay.

    Algorithm 2 of the paper: the step looks at ``betas[0]`` of the momentum and the rest of the
    gradient; the momentum itself decays with ``betas[1]``.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """One step; all weights of a group at once."""
        if closure is not None:
            raise ValueError("Lion takes no closure")
        for group in self.param_groups:
            weights = [p for p in group["params"] if p.grad is not None]
            if not weights:
                continue
            gradients = [p.grad for p in weights]
            momenta = [self._momentum(p) for p in weights]
            first, second = group["betas"]
            lr, decay = group["lr"], group["weight_decay"]
            if decay:
                torch._foreach_mul_(weights, 1 - lr * decay)
            moves = torch._foreach_lerp(momenta, gradients, 1 - first)
            torch._foreach_sign_(moves)
            torch._foreach_mul_(moves, lr)
            torch._foreach_sub_(weights, moves)
            torch._foreach_lerp_(momenta, gradients, 1 - second)

    def _momentum(self, parameter: Tensor) -> Tensor:
        state = self.state[parameter]
        if "exp_avg" not in state:
            state["exp_avg"] = torch.zeros_like(parameter)
        momentum: Tensor = state["exp_avg"]
        return momentum
