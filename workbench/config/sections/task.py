"""The section ``[task]``: one class a task; ``kind`` names the file in ``workbench/tasks``."""

from typing import Annotated, Literal

from pydantic import Field

from workbench.config.sections.base import Section, setting


class ClassificationTask(Section):
    """Cross-entropy over classes; top-1 and top-k accuracy, per class too."""

    kind: Literal["classification"] = "classification"
    label_smoothing: float = setting(0.0, "Label smoothing.", ge=0, lt=1)
    class_weights: Literal["none", "balanced"] = setting(
        "none", "Weigh the loss of each class by the inverse of its count in the training set."
    )


class MultilabelTask(Section):
    """Any number of classes in an image: a sigmoid and binary cross-entropy for each class."""

    kind: Literal["multilabel"] = "multilabel"
    threshold: float = setting(
        0.5, "Probability from which on a class counts as predicted.", gt=0, lt=1
    )
    class_weights: Literal["none", "balanced"] = setting(
        "none",
        "Weigh the images that show a class by how many do not for each that does, in the "
        "training set.",
    )


class SegmentationTask(Section):
    """A class for every pixel: cross-entropy over pixels, mean intersection over union."""

    kind: Literal["segmentation"] = "segmentation"
    class_weights: Literal["none", "balanced"] = setting(
        "none", "Weigh the loss of each class by the inverse of the images that show it."
    )
    weight_dice: float = setting(
        0.0,
        "Weight of the soft Dice loss beside the cross-entropy (Milletari et al. 2016, "
        "arXiv:1606.04797).",
        ge=0,
    )


class ProposalsTask(Section):
    """Region proposals: an object score and a box for each cell; for the network ``rpn``."""

    kind: Literal["proposals"] = "proposals"
    weight_proposal: float = setting(
        1.0, "Weight of the cross-entropy of the cells that are not ignored.", ge=0
    )
    weight_box: float = setting(
        100.0, "Weight of the smooth-L1 loss of the boxes of the cells with an object.", ge=0
    )


class DetectionTask(ProposalsTask):
    """Detection: boxes and their classes, three losses trained end to end."""

    kind: Literal["detection"] = "detection"  # type: ignore[assignment]
    weight_class: float = setting(
        1.0, "Weight of the cross-entropy of the classes in the true boxes.", ge=0
    )


TaskConfig = Annotated[
    ClassificationTask | MultilabelTask | SegmentationTask | ProposalsTask | DetectionTask,
    Field(discriminator="kind"),
]
