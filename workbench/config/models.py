"""The architectures that can be asked for, one section class a family.

``kind`` names the file in ``workbench/models`` that builds the network:
``model.kind = "resnet"`` is built by ``workbench.models.resnet.build``.
"""

from typing import Annotated, Literal

from pydantic import Field

from workbench.config.base import Section, per_item, setting

Activation = Literal["relu", "silu", "gelu", "leaky_relu", "elu", "tanh"]
PositiveInt = Annotated[int, Field(ge=1)]


class SimpleNNModel(Section):
    """Two convolutions with pooling and three linear layers (a LeNet-5 relative)."""

    kind: Literal["simplenn"] = "simplenn"
    channels: list[PositiveInt] = per_item(
        "Output channels of the 5×5 and of the 3×3 convolution.",
        default=[8, 16],
        min_length=2,
        max_length=2,
    )
    hidden: list[PositiveInt] = per_item(
        "Units of the hidden linear layers.", default=[120, 84], max_length=8
    )
    norm: bool = setting(False, "Batch normalisation after each convolution.")
    activation: Activation = setting("relu", "Activation; silu is also known as Swish.")
    dropout: float = setting(0.0, "Dropout before each hidden linear layer.", ge=0, lt=1)


class ResNetModel(Section):
    """Residual network of basic or bottleneck blocks (He et al. 2015, arXiv:1512.03385)."""

    kind: Literal["resnet"] = "resnet"
    blocks: list[PositiveInt] = per_item(
        "Residual blocks per layer; one number a layer.",
        default=[2, 2, 2, 2],
        min_length=1,
        max_length=6,
    )
    width: int = setting(64, "Channels of the first layer; doubled in each next one.", ge=1)
    block: Literal["basic", "bottleneck"] = setting("basic", "Two 3×3, or 1×1–3×3–1×1.")
    stem: Literal["cifar", "imagenet"] = setting(
        "cifar", "cifar: 3×3 stride 1. imagenet: 7×7 stride 2 and a max-pool 3×3 stride 2."
    )
    shortcut: Literal["projection", "zero_pad"] = setting(
        "projection",
        "Where the shape changes: a 1×1 convolution with norm, or the parameter-free "
        "stride-and-zero-pad of the original CIFAR networks (option A).",
    )
    activation: Activation = setting("relu", "Activation.")
    dropout: float = setting(0.0, "Dropout before the linear layer.", ge=0, lt=1)


ModelConfig = Annotated[SimpleNNModel | ResNetModel, Field(discriminator="kind")]
