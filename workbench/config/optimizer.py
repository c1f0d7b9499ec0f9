"""Optimisers, one section class each; every one answers to ``lr`` and ``weight_decay``."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.config.base import Section, per_item, setting

Beta = Annotated[float, Field(ge=0, lt=1)]


class OptimizerSection(Section):
    """What every optimiser has."""

    lr: float = setting(0.1, "Learning rate; the schedule scales it.", gt=0, le=100)
    weight_decay: float = setting(0.0, "Weight decay.", ge=0, le=10)
    decay_norms: bool = setting(True, "Apply weight decay to norms and biases too.")
    clip_norm: float = setting(0.0, "Clip the gradient's global norm to this; 0: never.", ge=0)


class SGDOptimizer(OptimizerSection):
    """Stochastic gradient descent."""

    kind: Literal["sgd"] = "sgd"
    momentum: float = setting(0.9, "Momentum.", ge=0, lt=1)
    nesterov: bool = setting(False, "Nesterov momentum.")


class AdamOptimizer(OptimizerSection):
    """Adam (Kingma & Ba 2014, arXiv:1412.6980); weight decay is an L2 term of the gradient."""

    kind: Literal["adam"] = "adam"
    lr: float = setting(1e-3, "Learning rate; the schedule scales it.", gt=0, le=100)
    betas: list[Beta] = per_item(
        "Decay of the first and second moment.", default=[0.9, 0.999], min_length=2, max_length=2
    )
    eps: float = setting(1e-8, "Added to the denominator.", gt=0)


class AdamWOptimizer(OptimizerSection):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2017, arXiv:1711.05101)."""

    kind: Literal["adamw"] = "adamw"
    lr: float = setting(1e-3, "Learning rate; the schedule scales it.", gt=0, le=100)
    betas: list[Beta] = per_item(
        "Decay of the first and second moment.", default=[0.9, 0.999], min_length=2, max_length=2
    )
    eps: float = setting(1e-8, "Added to the denominator.", gt=0)


OptimizerConfig = Annotated[
    SGDOptimizer | AdamOptimizer | AdamWOptimizer, Field(discriminator="kind")
]
