"""The running sums of training: right, and the same to the bit when cut at any batch."""

import pytest
import torch

from workbench.tasks.classification import AccuracyMeter

HELD = 24  # batches of 4.5 images in the mean
BATCHES = 2 * HELD + 5


@pytest.fixture(autouse=True)
def few_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workbench.tasks.classification.HELD", 108)  # images


def batch(number: int) -> tuple[torch.Tensor, dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Logits, labels and a loss that depend on the number alone; sizes differ."""
    generator = torch.Generator().manual_seed(number)
    size = 3 + number % 4
    outputs = torch.randn(size, 5, generator=generator)
    labels = torch.randint(5, (size,), generator=generator)
    return outputs, {"label": labels}, {"loss": torch.rand((), generator=generator)}


def fed(*numbers: int) -> AccuracyMeter:
    meter = AccuracyMeter()
    for number in numbers:
        meter.update(*batch(number))
    return meter


@pytest.mark.parametrize("count", [1, HELD - 1, HELD, HELD + 1, BATCHES])
def test_the_sums_are_those_of_all_images(count: int) -> None:
    images = [batch(number) for number in range(count)]
    total = sum(len(outputs) for outputs, _, _ in images)
    hits = sum(int((o.argmax(1) == t["label"]).sum()) for o, t, _ in images)
    loss = sum(losses["loss"].item() * len(outputs) for outputs, _, losses in images)
    found = fed(*range(count)).result()
    assert found["accuracy"] == hits / total
    assert found["loss"] == pytest.approx(loss / total, rel=1e-12)


@pytest.mark.parametrize("cut", [0, 1, HELD - 1, HELD, HELD + 7, BATCHES - 1, BATCHES])
def test_going_on_from_a_checkpoint_gives_the_same_bits(cut: int) -> None:
    whole = fed(*range(BATCHES))
    first = fed(*range(cut))
    again = AccuracyMeter()
    again.load({name: tensor.clone() for name, tensor in first.state().items()})
    for number in range(cut, BATCHES):
        again.update(*batch(number))
    assert again.result() == whole.result()


def test_a_checkpoint_leaves_the_sums_as_they_are() -> None:
    looked_at = AccuracyMeter()
    for number in range(BATCHES):
        looked_at.state()
        looked_at.update(*batch(number))
    assert looked_at.result() == fed(*range(BATCHES)).result()


def test_nothing_seen_is_zero() -> None:
    assert AccuracyMeter().result() == {"loss": 0.0, "accuracy": 0.0}
