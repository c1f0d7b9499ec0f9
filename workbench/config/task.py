"""What the network is asked to do; ``kind`` names the file in ``workbench/tasks``."""

from typing import Literal

from workbench.config.base import Section, setting


class ClassificationTask(Section):
    """Cross-entropy over classes; top-1 and top-k accuracy, per class too."""

    kind: Literal["classification"] = "classification"
    label_smoothing: float = setting(0.0, "Label smoothing.", ge=0, lt=1)
    class_weights: Literal["none", "balanced"] = setting(
        "none", "Weigh the loss of each class by the inverse of its count in the training set."
    )


TaskConfig = ClassificationTask
