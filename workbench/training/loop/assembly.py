"""Builds a :class:`Trainer` from a configuration and its data: network, batches, evaluator."""

from collections.abc import Callable

import torch
from torch import nn

from workbench.config import RunConfig
from workbench.data import DataSet
from workbench.data.augmentation.transforms import TestTransform, TrainAugment
from workbench.errors import ConfigError
from workbench.models import build_model
from workbench.models.common.preparing import Prepared
from workbench.models.pretrained.weights import Loaded, load_weights
from workbench.training.distributed.evaluation import SharedEvaluator
from workbench.training.loop.balance import ClassOrder
from workbench.training.loop.batches import Batches, Share
from workbench.training.loop.devices import Compute
from workbench.training.loop.evaluation import Evaluator
from workbench.training.loop.recompute import recompute_blocks
from workbench.training.loop.seeds import derive, epoch_order
from workbench.training.loop.trainer import Setup, Trainer, TrainerCallbacks

# At most so many images, or pixels of them, go to a network's ``prepare`` before the first step.
PREPARED_FROM, PREPARED_PIXELS = 5000, 1 << 24
PREPARING = "preparing the network on images"


def fresh_model(
    config: RunConfig, compute: Compute, tell: Callable[[Loaded], None] = lambda _: None
) -> nn.Module:
    """The configuration's network on the device, its weights by its seed or from elsewhere.

    ``tell`` is called with what came of loading ``model.weights``, where it names any.
    """
    torch.manual_seed(derive(config.train.seed, "weights"))
    model = build_model(config)
    if loaded := load_weights(model, config.model):
        tell(loaded)
    return model.to(device=compute.device, memory_format=compute.memory_format)  # type: ignore[call-overload,no-any-return]


def assemble(setup: Setup, data: DataSet, callbacks: TrainerCallbacks) -> Trainer:
    """Build the trainer; resident images are moved to the device."""
    config, compute = setup.config, setup.compute
    if config.train.checkpoint_activations:
        recompute_blocks(setup.model)
    last = compute.channels_last
    augment = TrainAugment(config, data.mean, data.std, channels_last=last)
    transform = TestTransform(config, data.mean, data.std, channels_last=last)
    train = data.train.to(compute.device)
    order = ClassOrder(train.targets["label"]) if config.data.balance == "class" else epoch_order
    size, seed = config.train.batch_size, config.train.seed
    parts = setup.parts
    _check_parts(parts.count if parts else 1, min(size, len(train)))
    mixes = bool(config.augment.mixup or config.augment.cutmix)
    batches = Batches(train, augment, size, seed, compute.device, order)
    if setup.world.size > 1:
        batches.take_share(Share(setup.world.rank, setup.world.size, mixes))
    given = (setup.task, transform, compute, config.train.eval_batch_size)
    evaluator = (
        SharedEvaluator(*given, setup.world, parts.count, parts.own) if parts else Evaluator(*given)
    )
    return Trainer(setup, batches, data.validation.to(compute.device), evaluator, callbacks)


def _check_parts(parts: int, batch: int) -> None:
    """Refuse a batch that the parts do not divide: the training images may be fewer than asked."""
    if batch % parts:
        raise ConfigError(
            {"train.batch_size": f"{batch} images cannot be divided into {parts} equal parts"}
        )


def prepare(trainer: Trainer, tell: Callable[[str], None] = lambda _: None) -> None:
    """Call ``model.prepare`` with training images, where the network has that method.

    The images are spread evenly over the split and transformed as for testing, so that they
    are the same for every seed.
    """
    if not isinstance(trainer.model, Prepared):
        return
    tell(PREPARING)
    split = trainer.batches.split
    fitting = max(1, PREPARED_PIXELS // split.images.shape[2:].numel())
    wanted = min(len(split), PREPARED_FROM, fitting)
    rows = torch.arange(wanted) * len(split) // wanted
    images, _ = split.batch(rows)
    trainer.model.prepare(trainer.evaluator.transform(images))
