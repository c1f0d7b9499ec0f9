"""The networks that give logits for every pixel."""

from typing import Literal

from workbench.config.sections.base import Activation, PositiveInt, per_item, setting
from workbench.config.sections.model_section import ModelSection


class UNetModel(ModelSection):
    """A U-Net: an encoder, and a decoder that sees each stage again (arXiv:1505.04597)."""

    kind: Literal["unet"] = "unet"
    channels: list[PositiveInt] = per_item(
        "Channels of each stage; every next one works at half the size.",
        default=[16, 32, 64, 128],
        min_length=2,
        max_length=6,
    )
    activation: Activation = setting("relu", "Activation.")
    dropout: float = setting(0.0, "Dropout of the smallest features.", ge=0, lt=1)


class TorchvisionSegmenterModel(ModelSection):
    """A segmentation network of torchvision by its name, untrained."""

    kind: Literal["torchvision_segmenter"] = "torchvision_segmenter"
    name: Literal[
        "fcn_resnet50",
        "fcn_resnet101",
        "deeplabv3_resnet50",
        "deeplabv3_resnet101",
        "deeplabv3_mobilenet_v3_large",
        "lraspp_mobilenet_v3_large",
    ] = setting("lraspp_mobilenet_v3_large", "Name of the network.")
