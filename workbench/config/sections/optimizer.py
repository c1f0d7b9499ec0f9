"""The section ``[optimizer]``: one class an optimiser; all have ``lr`` and ``weight_decay``.

``target`` names the class that is built (``training/optimizers/build.py``); the other fields are
named as its arguments and passed on unchanged.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from workbench.config.sections.base import Section, per_item, setting

# Of timm's those that torch has not, and that a checkpoint brings back to the bit.
TimmName = Literal[
    "lamb", "lars", "larc", "adabelief", "adamp", "adan", "adopt", "laprop", "madgrad", "mars",
    "nadamw", "novograd", "sgdp",
]  # fmt: skip
Beta = Annotated[float, Field(ge=0, lt=1)]


def _lr(default: float) -> float:
    value: float = setting(default, "Learning rate; the schedule scales it.", gt=0, le=100)
    return value


def _betas() -> list[float]:
    value: list[float] = per_item(
        "Decay of the first and second moment.", default=[0.9, 0.999], min_length=2, max_length=2
    )
    return value


def _eps(default: float) -> float:
    value: float = setting(default, "Added to the denominator.", gt=0)
    return value


class OptimizerSection(Section):
    """The keys of every optimiser."""

    target: ClassVar[str]  # the optimiser's class, as "module:name"
    fused: ClassVar[bool] = False  # whether torch has a fused version

    lr: float = _lr(0.1)
    weight_decay: float = setting(0.0, "Weight decay.", ge=0, le=10)
    decay_norms: bool = setting(True, "Apply weight decay to norms and biases too.")
    bias_lr_factor: float = setting(
        1.0, "Learning rate of norms and biases, as a multiple of lr.", gt=0, le=1000
    )
    layer_decay: float = setting(
        1.0,
        "Factor on the learning rate for each stage further from the head; 1: none.",
        gt=0,
        le=1,
    )
    clip_norm: float = setting(0.0, "Clip the gradient's global norm to this; 0: never.", ge=0)


class SGDOptimizer(OptimizerSection):
    """Stochastic gradient descent."""

    target: ClassVar[str] = "torch.optim:SGD"
    fused: ClassVar[bool] = True
    kind: Literal["sgd"] = "sgd"
    momentum: float = setting(0.9, "Momentum.", ge=0, lt=1)
    nesterov: bool = setting(False, "Nesterov momentum; needs momentum above 0.")


class AdamOptimizer(OptimizerSection):
    """Adam (Kingma & Ba 2014, arXiv:1412.6980); weight decay is an L2 term of the gradient."""

    target: ClassVar[str] = "torch.optim:Adam"
    fused: ClassVar[bool] = True
    kind: Literal["adam"] = "adam"
    lr: float = _lr(1e-3)
    betas: list[Beta] = _betas()
    eps: float = _eps(1e-8)
    amsgrad: bool = setting(False, "Use the largest second moment so far.")


class AdamWOptimizer(OptimizerSection):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2017, arXiv:1711.05101)."""

    target: ClassVar[str] = "torch.optim:AdamW"
    fused: ClassVar[bool] = True
    kind: Literal["adamw"] = "adamw"
    lr: float = _lr(1e-3)
    betas: list[Beta] = _betas()
    eps: float = _eps(1e-8)
    amsgrad: bool = setting(False, "Use the largest second moment so far.")


class AdamaxOptimizer(OptimizerSection):
    """Adam with the infinity norm (Kingma & Ba 2014, arXiv:1412.6980, section 7.1)."""

    target: ClassVar[str] = "torch.optim:Adamax"
    kind: Literal["adamax"] = "adamax"
    lr: float = _lr(2e-3)
    betas: list[Beta] = _betas()
    eps: float = _eps(1e-8)


class NAdamOptimizer(OptimizerSection):
    """Adam with Nesterov momentum (Dozat 2016)."""

    target: ClassVar[str] = "torch.optim:NAdam"
    kind: Literal["nadam"] = "nadam"
    lr: float = _lr(2e-3)
    betas: list[Beta] = _betas()
    eps: float = _eps(1e-8)


class RAdamOptimizer(OptimizerSection):
    """Adam with a rectified variance (Liu et al. 2019, arXiv:1908.03265)."""

    target: ClassVar[str] = "torch.optim:RAdam"
    kind: Literal["radam"] = "radam"
    lr: float = _lr(1e-3)
    betas: list[Beta] = _betas()
    eps: float = _eps(1e-8)


class AdagradOptimizer(OptimizerSection):
    """Adagrad (Duchi, Hazan & Singer 2011)."""

    target: ClassVar[str] = "torch.optim:Adagrad"
    fused: ClassVar[bool] = True
    kind: Literal["adagrad"] = "adagrad"
    lr: float = _lr(1e-2)
    lr_decay: float = setting(0.0, "Decay of the learning rate a step.", ge=0)
    eps: float = _eps(1e-10)


class AdadeltaOptimizer(OptimizerSection):
    """Adadelta (Zeiler 2012, arXiv:1212.5701)."""

    target: ClassVar[str] = "torch.optim:Adadelta"
    kind: Literal["adadelta"] = "adadelta"
    lr: float = _lr(1.0)
    rho: float = setting(0.9, "Decay of the running averages.", ge=0, lt=1)
    eps: float = _eps(1e-6)


class RMSpropOptimizer(OptimizerSection):
    """RMSprop (Tieleman & Hinton 2012)."""

    target: ClassVar[str] = "torch.optim:RMSprop"
    kind: Literal["rmsprop"] = "rmsprop"
    lr: float = _lr(1e-2)
    alpha: float = setting(0.99, "Decay of the running average.", ge=0, lt=1)
    momentum: float = setting(0.0, "Momentum.", ge=0, lt=1)
    eps: float = _eps(1e-8)


class LionOptimizer(OptimizerSection):
    """Lion: the sign of a momentum (Chen et al. 2023, arXiv:2302.06675); lr a tenth of AdamW's."""

    target: ClassVar[str] = "workbench.training.optimizers.lion:Lion"
    kind: Literal["lion"] = "lion"
    lr: float = _lr(1e-4)
    betas: list[Beta] = per_item(
        "Share of the momentum in a step, and its decay.",
        default=[0.9, 0.99],
        min_length=2,
        max_length=2,
    )


class AdafactorOptimizer(OptimizerSection):
    """Adafactor: second moments by rows and columns, little memory (arXiv:1804.04235)."""

    target: ClassVar[str] = "torch.optim:Adafactor"
    kind: Literal["adafactor"] = "adafactor"
    lr: float = _lr(1e-2)
    beta2_decay: float = setting(
        -0.8, "Exponent of the step by which the second moment's decay grows.", ge=-2, le=0
    )
    d: float = setting(1.0, "Largest root mean square of an update, before lr.", gt=0)


class TimmOptimizer(OptimizerSection):
    """One of timm's optimisers, with timm's defaults for what is not said here; needs timm."""

    target: ClassVar[str] = "workbench.training.optimizers.timm_optimizer:build"
    kind: Literal["timm"] = "timm"
    lr: float = _lr(1e-3)
    name: TimmName = setting("lamb", "Its name in timm; lamb and lars are for large batches.")
    momentum: float = setting(0.9, "Momentum, of those that have one.", ge=0, lt=1)


class MuonOptimizer(OptimizerSection):
    """Muon for the weights of layers, AdamW for the rest (Jordan et al. 2024; arXiv:2502.16982).

    The rest is the last layer, grouped convolutions, norms and biases.
    """

    target: ClassVar[str] = "workbench.training.optimizers.muon:Muon"
    kind: Literal["muon"] = "muon"
    lr: float = _lr(1e-3)
    momentum: float = setting(0.95, "Momentum of the weights of layers.", ge=0, lt=1)
    nesterov: bool = setting(True, "Nesterov momentum.")
    iterations: int = setting(5, "Newton-Schulz iterations a step.", ge=1, le=20)
    fixed_norm: bool = setting(
        False,
        "Keep each weight's norm; lr is then the share of it that a weight moves a step, and "
        "weight decay leaves them alone.",
    )
    rest_lr_factor: float = setting(
        1.0, "Learning rate of AdamW for the rest, as a multiple of lr.", gt=0, le=1000
    )
    betas: list[Beta] = per_item(
        "AdamW's decay of the first and second moment.",
        default=[0.9, 0.95],
        min_length=2,
        max_length=2,
    )
    eps: float = _eps(1e-8)


OptimizerConfig = Annotated[
    SGDOptimizer
    | AdamOptimizer
    | AdamWOptimizer
    | AdamaxOptimizer
    | NAdamOptimizer
    | RAdamOptimizer
    | AdagradOptimizer
    | AdadeltaOptimizer
    | RMSpropOptimizer
    | LionOptimizer
    | AdafactorOptimizer
    | TimmOptimizer
    | MuonOptimizer,
    Field(discriminator="kind"),
]
