"""Muon: momentum made orthogonal for weight matrices, Adam for everything else.

Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"
(kellerjordan.github.io/posts/muon). The scale of an update, by which AdamW's learning rates
fit: Liu et al. 2025, arXiv:2502.16982, section 2.2. Adam: Kingma & Ba 2014, arXiv:1412.6980,
with decoupled weight decay.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the odd quintic, as in the post
RMS = 0.2  # of an update's numbers at learning rate 1, about what AdamW's have


class Muon(torch.optim.Optimizer):
    """Groups with ``orthogonal = True`` hold weights [out, ...], taken as matrices [out, rest].

    Their momentum is replaced by the nearest matrix with orthonormal rows (or columns). With
    ``fixed_norm`` a weight keeps the norm that it began with, and ``lr`` is the share of that
    norm that it moves a step: for weights whose scale a following norm takes out. All other
    groups are trained by AdamW with ``betas`` and ``eps``.
    """

    def __init__(
        self,
        groups: list[dict[str, Any]],
        lr: float,
        *,
        momentum: float = 0.95,
        nesterov: bool = True,
        iterations: int = 5,
        fixed_norm: bool = False,
        betas: tuple[float, float] = (0.9, 0.95),
        eps: float = 1e-8,
    ) -> None:
        defaults = {
            "lr": lr,
            "momentum": momentum,
            "nesterov": nesterov,
            "iterations": iterations,
            "fixed_norm": fixed_norm,
            "betas": betas,
            "eps": eps,
            "weight_decay": 0.0,
            "orthogonal": False,
        }
        super().__init__(groups, defaults)

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """One step of every group; a closure is not supported."""
        if closure is not None:
            raise ValueError("Muon takes no closure")
        for group in self.param_groups:
            weights = [weight for weight in group["params"] if weight.grad is not None]
            if not weights:
                continue
            if group["orthogonal"]:
                for weight in weights:
                    _orthogonal_step(weight, self.state[weight], group)
            else:
                _adam_step(weights, [self.state[weight] for weight in weights], group)


def orthogonalised(matrix: Tensor, iterations: int = 5) -> Tensor:
    """Float [M, N] -> [M, N] with singular values near 1 (0.7 to 1.2) and the same directions.

    Newton-Schulz iteration with an odd quintic, in bfloat16 on a GPU.
    """
    a, b, c = COEFFICIENTS
    x = matrix.bfloat16() if matrix.is_cuda else matrix.float()
    tall = x.shape[0] > x.shape[1]
    x = x.T if tall else x
    x = x / (x.norm() + 1e-7)
    for _ in range(iterations):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.T if tall else x).to(matrix.dtype)


def _orthogonal_step(weight: Tensor, state: dict[str, Tensor], group: dict[str, Any]) -> None:
    gradient = weight.grad
    assert gradient is not None
    if not state:
        state["momentum"] = torch.zeros_like(gradient)
        state["norm"] = weight.norm()
    momentum = state["momentum"].mul_(group["momentum"]).add_(gradient)
    towards = gradient.add(momentum, alpha=group["momentum"]) if group["nesterov"] else momentum
    matrix = towards.reshape(len(weight), -1)
    update = orthogonalised(matrix, group["iterations"]).view_as(weight)
    if group["fixed_norm"]:
        # The update's norm is the root of its rank: every singular value is about 1.
        weight.sub_(update * (state["norm"] * (group["lr"] / math.sqrt(min(matrix.shape)))))
        weight.mul_(state["norm"] / weight.norm())
    else:
        weight.mul_(1 - group["lr"] * group["weight_decay"])
        weight.sub_(update, alpha=group["lr"] * RMS * math.sqrt(max(matrix.shape)))


def _adam_step(weights: list[Tensor], states: list[dict[str, Any]], group: dict[str, Any]) -> None:
    for weight, state in zip(weights, states, strict=True):
        if not state:
            state["first"], state["second"] = torch.zeros_like(weight), torch.zeros_like(weight)
            state["step"] = torch.zeros(())  # on the CPU: it is read at every step
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    first = [state["first"] for state in states]
    second = [state["second"] for state in states]
    lr, (beta1, beta2) = group["lr"], group["betas"]
    torch._foreach_add_([state["step"] for state in states], 1)
    taken = float(states[0]["step"])
    torch._foreach_lerp_(first, gradients, 1 - beta1)
    torch._foreach_mul_(second, beta2)
    torch._foreach_addcmul_(second, gradients, gradients, 1 - beta2)
    roots = torch._foreach_sqrt(second)
    torch._foreach_div_(roots, math.sqrt(1 - beta2**taken))
    torch._foreach_add_(roots, group["eps"])
    torch._foreach_mul_(weights, 1 - lr * group["weight_decay"])
    torch._foreach_addcdiv_(weights, first, roots, -lr / (1 - beta1**taken))
