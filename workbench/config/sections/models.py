"""The section ``[model]``: one class an architecture family.

``kind`` names the file in ``workbench/models`` that builds the network:
``model.kind = "resnet"`` is built by ``workbench.models.resnet.build``.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from workbench.config.scaling import Stages, quantised_linear
from workbench.config.sections.base import Activation, PositiveInt, per_item, setting
from workbench.config.sections.model_section import ModelSection
from workbench.config.sections.own_model import PythonModel
from workbench.config.sections.segmentation_models import TorchvisionSegmenterModel, UNetModel

DROP_PATH = (
    "Share of the images for which the last block is left out in training; of the blocks before "
    "it less, by their depth (stochastic depth)."
)


class SimpleNNModel(ModelSection):
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


class ResNetModel(ModelSection):
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
    drop_path: float = setting(0.0, DROP_PATH, ge=0, lt=1)


class RegNetModel(ModelSection):
    """RegNetX: stages of bottleneck blocks with grouped 3×3 convolutions (arXiv:2003.13678).

    Its stages are given by ``blocks`` and ``widths``, or by the paper's quantised-linear
    rule, from ``depth``, ``w0``, ``wa`` and ``wm``.
    """

    kind: Literal["regnet"] = "regnet"
    blocks: list[PositiveInt] = per_item(
        "Blocks per stage.", default=[1, 1, 4, 7], min_length=1, max_length=8
    )
    widths: list[PositiveInt] = per_item(
        "Channels of each stage.", default=[24, 56, 152, 368], min_length=1, max_length=8
    )
    depth: int = setting(
        0,
        "Blocks in all, spread over stages by w0, wa and wm; blocks and widths do not count "
        "then. 0: by blocks and widths.",
        ge=0,
        le=200,
    )
    w0: int = setting(24, "Width of the first block by the paper's rule.", ge=8)
    wa: float = setting(36.44, "Growth of the width from block to block by the rule.", ge=0)
    wm: float = setting(2.49, "Factor between the widths of stages by the rule.", gt=1)
    strides: list[PositiveInt] = per_item(
        "Stride of the first block of each stage; empty: 2 everywhere.", default=[], max_length=8
    )
    bottleneck_ratio: float = setting(
        1.0, "Width ÷ inner width (that of the 3×3 convolution).", gt=0, le=64
    )
    groups: int = setting(
        0, "Groups of each 3×3 convolution; 0: by group_width (if that is 0 too: 1).", ge=0
    )
    group_width: int = setting(
        0, "Channels of a group of each 3×3 convolution; 0: by groups.", unit="channels", ge=0
    )
    stem_width: int = setting(32, "Channels of the stem.", ge=1)
    stem_stride: Literal[1, 2] = setting(2, "Stride of the 3×3 convolution of the stem.")
    shortcut_norm: bool = setting(True, "Batch normalisation after each projection shortcut.")
    drop_path: float = setting(0.0, DROP_PATH, ge=0, lt=1)

    @property
    def stages(self) -> Stages:
        """Blocks and channels of each stage, as given or by the paper's rule."""
        if not self.depth:
            return Stages(tuple(self.blocks), tuple(self.widths))
        return quantised_linear(
            self.depth,
            self.w0,
            self.wa,
            self.wm,
            group_width=self.group_width,
            ratio=self.bottleneck_ratio,
        )

    def inner_width(self, width: int) -> int:
        """Channels of the 3×3 convolution in a stage of ``width`` channels."""
        return max(1, round(width / self.bottleneck_ratio))

    def groups_of(self, width: int) -> int:
        """Groups of the 3×3 convolution in a stage of ``width`` channels."""
        inner = self.inner_width(width)
        if self.group_width:
            return inner // min(self.group_width, inner)
        return self.groups or 1

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if not self.depth and len(self.blocks) != len(self.widths):
            raise ValueError(
                f"blocks and widths must be of one length (got {len(self.blocks)} and "
                f"{len(self.widths)})"
            )
        stages = self.stages
        if self.strides and len(self.strides) != len(stages.widths):
            raise ValueError(
                f"strides must have one number a stage: {len(stages.widths)} "
                f"(got {len(self.strides)})"
            )
        if self.groups and self.group_width:
            raise ValueError("set groups or group_width, not both")
        for width in stages.widths:
            self._check_groups(width)
        return self

    def _check_groups(self, width: int) -> None:
        inner = self.inner_width(width)
        if self.group_width:
            key, divisor = "group_width", min(self.group_width, inner)
        else:
            key, divisor = "groups", self.groups or 1
        if inner % divisor:
            raise ValueError(
                f"{key} {divisor} does not divide the inner width {inner} of the stage with "
                f"{width} channels"
            )


class SmallNetModel(ModelSection):
    """Stages of one unit and a max-pool, then a 3×3 convolution and a linear layer (study 5)."""

    kind: Literal["smallnet"] = "smallnet"
    unit: Literal["conv", "separable", "residual"] = setting(
        "conv",
        "What the stages are made of: a 5×5 convolution; a depthwise 5×5 and a pointwise 1×1; "
        "or two 3×3 with a 1×1 shortcut.",
    )
    channels: list[PositiveInt] = per_item(
        "Output channels of each stage and of the last convolution.",
        default=[32, 64, 128, 256, 512],
        min_length=2,
        max_length=8,
    )
    activation: Activation = setting("relu", "Activation.")
    dropout: float = setting(0.0, "Dropout before the linear layer.", ge=0, lt=1)


class SpeedNetModel(ModelSection):
    """SpeedNet: a whitening 2×2 stem, stages of 3×3 convolutions, a scaled linear layer."""

    kind: Literal["speednet"] = "speednet"
    stem: Literal["whitening", "learned"] = setting(
        "whitening",
        "Filters of the 2×2 stem: computed from the training images and then left alone, or "
        "learned like any other.",
    )
    widths: list[PositiveInt] = per_item(
        "Channels of each stage; every stage halves height and width.",
        default=[64, 192, 320],
        min_length=1,
        max_length=6,
    )
    depth: int = setting(2, "3×3 convolutions in each stage.", ge=1, le=8)
    residual: bool = setting(False, "Add a stage's first features to its last (depth 2 or more).")
    activation: Activation = setting("gelu", "Activation.")
    logit_scale: float = setting(
        0.1, "Factor of the logits: below 1 the first losses are small.", gt=0, le=10
    )


class TorchvisionModel(ModelSection):
    """Any classification network of torchvision by its name, untrained."""

    kind: Literal["torchvision"] = "torchvision"
    name: str = setting(
        "resnet18", "Name of the network, such as resnet18, mobilenet_v3_small, regnet_x_400mf."
    )


class TimmModel(ModelSection):
    """Any network of timm by its name, untrained; needs the package timm."""

    kind: Literal["timm"] = "timm"
    name: str = setting("resnet18", "Name of the network, as in timm.list_models().")


class RpnModel(ModelSection):
    """A small base of stride 8 and a region proposal network on it (study 5, arXiv:1506.01497)."""

    kind: Literal["rpn"] = "rpn"
    unit: Literal["conv", "separable", "residual"] = setting(
        "conv", "What the base's first three stages are made of, as of smallnet."
    )
    channels: list[PositiveInt] = per_item(
        "Output channels of the base's three stages and of its last convolution.",
        default=[32, 64, 128, 256],
        min_length=4,
        max_length=4,
    )
    proposal_channels: int = setting(
        256, "Output channels of the 3×3 convolution before the scores and boxes.", ge=1
    )
    anchors: list[Annotated[float, Field(gt=0)]] = per_item(
        "Widths of the anchors, one or several scales.", unit="px", default=[32.0], min_length=1
    )
    keep: int = setting(1, "Proposals kept of an image, the surest first.", ge=1, le=1000)
    nms: float = setting(
        0.5, "A proposal that overlaps a surer one by more than this IoU is dropped.", gt=0, le=1
    )
    activation: Activation = setting("relu", "Activation.")


class FasterRcnnModel(RpnModel):
    """Faster R-CNN: ``rpn`` with a classifier of the proposed boxes, trained end to end."""

    kind: Literal["faster_rcnn"] = "faster_rcnn"  # type: ignore[assignment]
    crop: Literal["transformer", "roi_align"] = setting(
        "transformer",
        "How a box is cut out of the features: spatial transformer (Jaderberg et al. 2015, "
        "arXiv:1506.02025) or RoIAlign (He et al. 2017, arXiv:1703.06870).",
    )
    crop_size: int = setting(4, "Height and width of the cut-out features.", ge=1, le=32)
    region_channels: int = setting(
        256, "Output channels of the convolution over the whole cut-out.", ge=1
    )


class TorchvisionDetectorModel(ModelSection):
    """A detector of torchvision by its name, untrained, for boxes of any shape."""

    kind: Literal["torchvision_detector"] = "torchvision_detector"
    name: Literal[
        "fasterrcnn_resnet50_fpn",
        "fasterrcnn_resnet50_fpn_v2",
        "fasterrcnn_mobilenet_v3_large_fpn",
        "fasterrcnn_mobilenet_v3_large_320_fpn",
    ] = setting("fasterrcnn_mobilenet_v3_large_fpn", "Name of the detector.")
    keep: int = setting(100, "Boxes kept of an image, the surest first.", ge=1, le=1000)
    nms: float = setting(
        0.5, "A box that overlaps a surer one of its class by more than this IoU is dropped.",
        gt=0, le=1,
    )  # fmt: skip


ModelConfig = Annotated[
    SimpleNNModel
    | ResNetModel
    | RegNetModel
    | SmallNetModel
    | SpeedNetModel
    | TorchvisionModel
    | TimmModel
    | RpnModel
    | FasterRcnnModel
    | TorchvisionDetectorModel
    | UNetModel
    | TorchvisionSegmenterModel
    | PythonModel,
    Field(discriminator="kind"),
]
