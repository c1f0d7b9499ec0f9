"""What every section of a data set shares: root, classes, size, splits, normalisation."""

from typing import Literal, Self

from pydantic import model_validator

from workbench.config.sections.base import Section, per_item, setting


class DataSection(Section):
    """The keys of every data set of images."""

    root: str = setting(
        "", "Folder that holds the data; empty for $WORKBENCH_DATA or the user's cache folder."
    )
    classes: int = setting(10, "Number of classes; follows the data when it is read.", ge=1)
    channels: Literal[1, 3] = setting(3, "1 for grey images, 3 for RGB.")
    size: int = setting(32, "Height and width to which images are decoded.", unit="px", ge=1)
    validation: float = setting(
        0.1, "Share of the training images kept for validation, stratified.", gt=0, le=0.5
    )
    split_seed: int = setting(0, "Seed of the training / validation split.", ge=0)
    folds: int = setting(
        0,
        "Parts of the training images for cross-validation, stratified; one of them is the "
        "validation split, whatever data.validation says. 0: none.",
        ge=0,
        le=100,
    )
    fold: int = setting(1, "Which of the folds is the validation split, from 1 on.", ge=1, le=100)
    balance: Literal["none", "class"] = setting(
        "none",
        "How often each class is drawn in training: by its images, or every class as often as "
        "the others. An epoch has as many images either way.",
    )
    limit: int = setting(
        0, "Use at most this many training images, stratified; 0 for all.", unit="images", ge=0
    )
    allow_missing_classes: bool = setting(
        False,
        "Train although a split that is made here has no image of some class; else that is "
        "refused. Each split needs one image in any case.",
    )
    mean: list[float] = per_item(
        "Mean of each channel (0 to 1) for normalisation; empty: from the training images.",
        default=[],
        max_length=3,
    )
    std: list[float] = per_item(
        "Standard deviation of each channel; empty: from the training images.",
        default=[],
        max_length=3,
    )

    @model_validator(mode="after")
    def _a_fold_of_them(self) -> Self:
        if self.folds == 1:
            raise ValueError("folds must be 0 (none), or 2 or more")
        if self.folds and self.fold > self.folds:
            raise ValueError(f"fold {self.fold} must not be above folds {self.folds}")
        return self
