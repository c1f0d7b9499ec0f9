"""The Muon optimiser: orthogonalised momentum for weight matrices, AdamW for the rest.

Jordan et al. 2024, "Muon: An optimizer for hidden layers in neural networks"
(kellerjordan.github.io/posts/muon). The scale of an update, by which AdamW's learning rates
fit: Liu et al. 2025, arXiv:2502.16982, section 2.2.
"""

import math
from typing import Any

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)  # of the odd quintic, as in the post
RMS = 0.2  # of an update's numbers at learning rate 1, about what AdamW's have


class Muon(torch.optim.AdamW):
    """Groups with ``orthogonal = True`` hold weights [out, ...], taken as matrices [out, rest].

    Their momentum is replaced by the nearest matrix with orthonormal rows (or columns). With
    ``fixed_norm`` a weight keeps the norm that it began with, and ``lr`` is the share of that
    norm that it moves a step: for weights whose scale a following norm takes out. All other
    groups are trained by AdamW with ``betas`` and ``eps``.
    """

    def __init__(  # noqa: PLR0913 (the settings of an optimiser, as torch's own have them)
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
        own = {
            "momentum": momentum,
            "nesterov": nesterov,
            "iterations": iterations,
            "fixed_norm": fixed_norm,
        }
        groups = [own | {"orthogonal": False} | group for group in groups]
        super().__init__(groups, lr, (betas[0], betas[1]), eps, fused=True)
        self._step_supports_amp_scaling = False  # AdamW's part alone would know what to skip

    def __setstate__(self, state: dict[str, Any]) -> None:
        # AdamW's own brings states of older versions up to date, and wants a step count in each.
        torch.optim.Optimizer.__setstate__(self, state)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Make one step of every parameter group."""
        groups = self.param_groups
        for group in groups:
            if group["orthogonal"]:
                for weights in _equal_shapes(group["params"]):
                    _orthogonal_step(weights, [self.state[weight] for weight in weights], group)
        self.param_groups = [group for group in groups if not group["orthogonal"]]
        try:
            super().step()
        finally:
            self.param_groups = groups


def orthogonalised(matrices: Tensor, iterations: int = 5) -> Tensor:
    """Float [K, M, N] -> [K, M, N] with singular values near 1 (0.7 to 1.2), directions kept.

    Newton-Schulz iteration with an odd quintic, in bfloat16 on a GPU; each of the K matrices
    by itself, all in the same products.
    """
    a, b, c = COEFFICIENTS
    x = matrices.bfloat16() if matrices.is_cuda else matrices.float()
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    x = x / (torch.linalg.matrix_norm(x, keepdim=True) + 1e-7)
    for _ in range(iterations):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.mT if tall else x).to(matrices.dtype)


def _equal_shapes(weights: list[Tensor]) -> list[list[Tensor]]:
    """The weights with a gradient, together where their matrices can be stacked."""
    found: dict[tuple[object, ...], list[Tensor]] = {}
    for weight in weights:
        if weight.grad is not None:
            key = (len(weight), weight.numel(), weight.dtype, weight.device)
            found.setdefault(key, []).append(weight)
    return list(found.values())


def _orthogonal_step(
    weights: list[Tensor], states: list[dict[str, Tensor]], group: dict[str, Any]
) -> None:
    """One step of weights whose matrices have the same shape."""
    towards = [_towards(*pair, group) for pair in zip(weights, states, strict=True)]
    matrices = torch.stack([direction.reshape(len(direction), -1) for direction in towards])
    updates = orthogonalised(matrices, group["iterations"])
    lr = group["lr"]
    if isinstance(lr, Tensor) and not lr.is_cuda:
        lr = lr.item()  # no host waits for a CPU, and a number rounds as it does elsewhere
    for weight, state, update in zip(weights, states, updates, strict=True):
        _apply(weight, update, state["norm"], lr, group)


def _towards(weight: Tensor, state: dict[str, Tensor], group: dict[str, Any]) -> Tensor:
    """The momentum after this step's gradient, looked ahead with Nesterov's."""
    gradient = weight.grad
    assert gradient is not None
    if not state:
        state["momentum"] = torch.zeros_like(gradient)
        state["norm"] = weight.norm()
    momentum = state["momentum"].mul_(group["momentum"]).add_(gradient)
    return gradient.add(momentum, alpha=group["momentum"]) if group["nesterov"] else momentum


def _apply(
    weight: Tensor, matrix: Tensor, norm: Tensor, lr: float | Tensor, group: dict[str, Any]
) -> None:
    """Move a weight by its orthogonal matrix [out, rest]."""
    update = matrix.view_as(weight)
    if group["fixed_norm"]:
        # The update's norm is the root of its rank: every singular value is about 1.
        weight.sub_(update * (norm * (lr / math.sqrt(min(matrix.shape)))))
        weight.mul_(norm / weight.norm())
    else:
        weight.mul_(1 - lr * group["weight_decay"])
        factor = lr * RMS * math.sqrt(max(matrix.shape))
        if isinstance(factor, Tensor):
            weight.sub_(update * factor)  # ``alpha`` would bring it to the host
        else:
            weight.sub_(update, alpha=factor)
