"""What the benchmarks refuse to report."""

import pytest
import torch

from benchmarks.soundness import require_finite, require_learnt


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), torch.tensor(torch.nan), None])
def test_a_loss_that_is_not_finite_is_no_result(loss: float | torch.Tensor | None) -> None:
    with pytest.raises(SystemExit, match="graphs: no figure, the loss is not finite"):
        require_finite(loss, "graphs")


def test_a_finite_loss_is_one() -> None:
    require_finite(torch.tensor(2.3), "off")


@pytest.mark.parametrize("accuracy", [0.1, 0.105, 0.0, float("nan")])
def test_what_guessing_reaches_is_no_result(accuracy: float) -> None:
    with pytest.raises(SystemExit, match=r"seed 0: no figure, .* is what guessing reaches"):
        require_learnt(accuracy, classes=10, images=10_000, what="seed 0")


def test_what_was_learnt_is_one() -> None:
    require_learnt(0.12, classes=10, images=10_000, what="seed 0")
