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
            for weight in group["params"] if group["orthogonal"] else []:
                if weight.grad is not None:
                    _orthogonal_step(weight, self.state[weight], group)
        self.param_groups = [group for group in groups if not group["orthogonal"]]
        try:
            super().step()
        finally:
            self.param_groups = groups


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
    gradient, lr = weight.grad, group["lr"]
    assert gradient is not None
    if isinstance(lr, Tensor) and not lr.is_cuda:
        lr = lr.item()  # no host waits for a CPU, and a number rounds as it does elsewhere
    if not state:
        state["momentum"] = torch.zeros_like(gradient)
        state["norm"] = weight.norm()
    momentum = state["momentum"].mul_(group["momentum"]).add_(gradient)
    towards = gradient.add(momentum, alpha=group["momentum"]) if group["nesterov"] else momentum
    matrix = towards.reshape(len(weight), -1)
    update = orthogonalised(matrix, group["iterations"]).view_as(weight)
    if group["fixed_norm"]:
        # The update's norm is the root of its rank: every singular value is about 1.
        weight.sub_(update * (state["norm"] * (lr / math.sqrt(min(matrix.shape)))))
        weight.mul_(state["norm"] / weight.norm())
    else:
        weight.mul_(1 - lr * group["weight_decay"])
        factor = lr * RMS * math.sqrt(max(matrix.shape))
        if isinstance(factor, Tensor):
            weight.sub_(update * factor)  # ``alpha`` would bring it to the host
        else:
            weight.sub_(update, alpha=factor)
