"""How it fits: too well, not well enough, not every class; and how sure the numbers are."""

from collections.abc import Iterator

from workbench.diagnosis.finding import Case, Finding
from workbench.diagnosis.intervals import wilson
from workbench.formatting.text import percent

RISE = 1.15  # a validation loss that much above its best has turned
AFTER = 3  # epochs after the best one
GAP = 0.02  # between training and validation accuracy: below there is nothing to regularise
LOW = 0.8  # training accuracy of a network that has room to learn
FLAT = 0.01  # of the training loss, over the last three epochs
FEW = 5  # images of a class that an evaluation needs to tell
WIDE = 0.03  # half an interval: runs closer than that cannot be told apart


def overfitting(case: Case) -> Iterator[Finding]:
    """A validation loss that rises while the training loss falls."""
    val, train = case.column("val_loss"), case.column("train_loss")
    if not val or not train:
        return
    best = val.index(min(val))
    if len(val) - best <= AFTER or train[-1] >= train[best]:
        return
    if all(loss > RISE * val[best] for loss in val[-2:]):
        right, seen = case.column("train_accuracy"), case.column("val_accuracy")
        gap = f"; accuracy {percent(right[-1])} against {percent(seen[-1])}" if right else ""
        yield Finding(
            "overfitting", "problem", "It overfits",
            f"validation loss {val[best]:.3f} in epoch {best + 1}, {val[-1]:.3f} now, while the "
            f"training loss fell to {train[-1]:.3g}{gap}",
            "augment, decay the weights, drop out, end earlier, or have more images",
            ("augment.hflip", "augment.policy", "augment.mixup", "optimizer.weight_decay",
             "train.patience"),
            best + 1,
        )  # fmt: skip


def underfitting(case: Case) -> Iterator[Finding]:
    """A training accuracy that stays low, no higher than that of validation."""
    right, seen = case.column("train_accuracy"), case.column("val_accuracy")
    losses = case.column("train_loss")
    if len(losses) < 5 or not right or not seen or not case.classifies:
        return
    still = abs(losses[-1] - losses[-3]) <= FLAT * losses[-3]
    if still and right[-1] < LOW and right[-1] - seen[-1] < GAP:
        yield Finding(
            "underfitting", "warning", "It underfits",
            f"training accuracy {percent(right[-1])}, validation {percent(seen[-1])}, and the "
            "training loss stands still",
            "a larger network, less augmentation or weight decay, a higher learning rate",
            ("model.width", "augment.policy", "optimizer.weight_decay", "optimizer.lr"),
        )  # fmt: skip


def class_never_predicted(case: Case) -> Iterator[Finding]:
    """Classes that the network never gives as an answer."""
    matrix = case.state.confusion
    if not matrix or not case.rows:
        return
    names = [
        name
        for name, row, column in zip(case.state.classes, matrix, zip(*matrix, strict=True),
                                     strict=False)
        if sum(row) >= FEW and not sum(column)
    ]  # fmt: skip
    if names:
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        yield Finding(
            "class-never-predicted", "problem",
            f"{len(names)} of {len(matrix)} classes are never predicted",
            f"{', '.join(names[:3])}{more}: not one image of the last evaluation",
            "draw or weigh the classes evenly; look at their images and labels",
            ("data.balance", "task.class_weights"),
        )  # fmt: skip


def validation_too_small(case: Case) -> Iterator[Finding]:
    """So few validation images that close runs cannot be told apart."""
    count = int(case.record.get("data", {}).get("validation", 0))
    seen = case.column("val_accuracy")
    if not count or not seen:
        return
    low, high = wilson(round(seen[-1] * count), count)
    if (high - low) / 2 > WIDE:
        yield Finding(
            "validation-too-small", "note", "The validation split is small",
            f"{percent(seen[-1])} of {count} images is {percent(low)} to {percent(high)} with "
            "95 % confidence: runs closer than that cannot be told apart",
            "a larger share for validation, folds, or several seeds",
            ("data.validation", "data.folds", "train.seed"),
        )  # fmt: skip
