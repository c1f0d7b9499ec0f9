"""Whether it learns: diverged, not at all, in jumps, not long enough."""

import math
from collections.abc import Iterator

from workbench.diagnosis.finding import Case, Finding

CHANCE = 0.97  # of ln(classes): a loss above that share of it has learnt next to nothing
PATIENCE = 2  # epochs after which a loss at chance is no longer a warm-up
JUMP = 1.3  # a validation loss that much above the one before is a jump
MOST_JUMPS = 0.25  # of the epochs
STILL = 0.03  # of the loss: more than that gained in the last epoch, it was not done


def diverged(case: Case) -> Iterator[Finding]:
    """A loss that is not finite, or far beyond that of guessing."""
    loss, guess = case.state.curves.get("loss"), math.log(max(2, case.classes))
    last = loss.last if loss else None
    broken = "not finite" in case.state.error
    if broken or (case.classifies and last is not None and not last < 10 * guess):
        shown = case.state.error.partition(";")[0] if broken else f"the loss is {last:.3g}"
        yield Finding(
            "diverged", "problem", "The training has diverged",
            f"{shown}; guessing among {case.classes} classes has {guess:.2f}",
            "lower the learning rate, clip the gradient, or warm up",
            ("optimizer.lr", "optimizer.clip_norm", "schedule.warmup", "train.precision"),
        )  # fmt: skip


def not_learning(case: Case) -> Iterator[Finding]:
    """A training loss that stays at that of guessing."""
    losses, guess = case.column("train_loss"), math.log(max(2, case.classes))
    if not case.classifies or case.state.error or len(losses) < PATIENCE:
        return
    if all(CHANCE * guess <= loss < 10 * guess for loss in losses[-PATIENCE:]):
        yield Finding(
            "not-learning", "problem", "It does not learn",
            f"training loss {losses[-1]:.3f} after {len(losses)} epochs; guessing among "
            f"{case.classes} classes has ln {case.classes} = {guess:.3f}",
            "change the learning rate by powers of ten (workbench lr-find), look at the labels "
            "(workbench data)",
            ("optimizer.lr", "schedule.warmup", "model.freeze"),
            1,
        )  # fmt: skip


def jumps(case: Case) -> Iterator[Finding]:
    """A validation loss that jumps up again and again: the rate is too high."""
    losses = case.column("val_loss")
    up = [n for n in range(1, len(losses)) if losses[n] > JUMP * losses[n - 1]]
    if len(losses) >= 6 and len(up) > MOST_JUMPS * len(losses):
        yield Finding(
            "rate-too-high", "warning", "The learning rate looks too high",
            f"the validation loss jumped by {JUMP - 1:.0%} or more in {len(up)} of "
            f"{len(losses)} epochs, first in epoch {up[0] + 1}",
            "lower the learning rate, let it fall, or average the weights",
            ("optimizer.lr", "schedule.kind", "train.ema", "train.batch_size"),
            up[0] + 1,
        )  # fmt: skip


def too_short(case: Case) -> Iterator[Finding]:
    """Still gaining in its last epoch: longer, or a higher rate."""
    losses = case.column("val_loss")
    ended = case.state.epochs and len(losses) == case.state.epochs
    if not ended or len(losses) < 3 or losses[-1] != min(losses):
        return
    gain = 1 - losses[-1] / losses[-2] if losses[-2] else 0.0
    if gain > STILL:
        yield Finding(
            "too-short", "warning", "It was still learning when it ended",
            f"the last of {len(losses)} epochs took {gain:.1%} off the validation loss",
            "train longer, or raise the learning rate",
            ("train.epochs", "optimizer.lr"),
        )  # fmt: skip
