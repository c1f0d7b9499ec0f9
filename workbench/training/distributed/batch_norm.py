"""``train.sync_batch_norm``: batch statistics over the images of all processes.

On GPUs torch's ``SyncBatchNorm``, which knows no CPU; there the same from sums over the
processes. Ioffe and Szegedy 2015, arXiv:1502.03167.
"""

from typing import Any

import torch
from torch import Tensor, nn

from workbench.training.distributed.world import World


def synchronised(model: nn.Module, world: World) -> nn.Module:
    """The network with its batch norms over all processes; its tensors keep their names."""
    if world.size == 1:
        return model
    if next(model.parameters()).is_cuda:
        return nn.SyncBatchNorm.convert_sync_batchnorm(model, world.tensors)  # type: ignore[no-any-return,no-untyped-call]
    for module in model.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.modules.batchnorm._BatchNorm):
                setattr(module, name, SharedBatchNorm(child, world))
    return model


class _SumOverAll(torch.autograd.Function):
    """The sum over all processes; each one's loss depends on everybody's term."""

    @staticmethod
    def forward(ctx: Any, values: Tensor, world: World) -> Tensor:
        ctx.world = world
        return world.add_up(values.clone(), in_pairs=False)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return ctx.world.add_up(gradients[0].contiguous(), in_pairs=False), None


class SharedBatchNorm(nn.modules.batchnorm._BatchNorm):
    """A batch norm of [N, C, …] that takes over the tensors of another one."""

    def __init__(self, own: nn.modules.batchnorm._BatchNorm, world: World) -> None:
        super().__init__(own.num_features, own.eps, own.momentum, own.affine)
        self.world, self.track_running_stats = world, own.track_running_stats
        self.weight, self.bias = own.weight, own.bias
        self.running_mean, self.running_var = own.running_mean, own.running_var
        self.num_batches_tracked = own.num_batches_tracked
        self.training = own.training

    def _check_input_dim(self, input: Tensor) -> None:
        """Any input with a channel dimension will do."""

    def forward(self, input: Tensor) -> Tensor:
        """Normalise by the statistics of all processes in training, by the running ones else."""
        if not self.training and self.running_mean is not None:
            return super().forward(input)
        dims = [d for d in range(input.ndim) if d != 1]
        shape = [1, -1] + [1] * (input.ndim - 2)
        values = input.float()
        count = values.numel() / values.shape[1]
        every = count * self.world.size  # the parts are of one size
        mean = self._sum(values.sum(dims)) / every
        centred = values - mean.view(shape)
        variance = self._sum(centred.square().sum(dims)) / every
        self._follow(mean, variance * every / max(1.0, every - 1))
        out = centred * torch.rsqrt(variance + self.eps).view(shape)
        if self.affine:
            out = out * self.weight.view(shape) + self.bias.view(shape)
        return out.to(input.dtype)

    def _sum(self, values: Tensor) -> Tensor:
        return _SumOverAll.apply(values, self.world)  # type: ignore[no-any-return]

    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running statistics by ``momentum`` (None: their mean over all batches)."""
        if self.running_mean is None or self.running_var is None:
            return
        with torch.no_grad():
            if self.num_batches_tracked is not None:
                self.num_batches_tracked.add_(1)
            share = self.momentum
            if share is None and self.num_batches_tracked is not None:
                share = 1.0 / float(self.num_batches_tracked)
            self.running_mean.lerp_(mean, share or 0.0)
            self.running_var.lerp_(variance, share or 0.0)
