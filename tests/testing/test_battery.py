"""Each check passes a sound network and fails one that is broken in its own way."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from workbench.testing import CHECKS, Subject, check_counts, check_model

SHAPE = (3, 8, 8)


class Sound(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(4)
        self.dropout = nn.Dropout(0.5)
        self.linear = nn.Linear(4, 5)

    def features(self, x: Tensor) -> Tensor:
        y: Tensor = torch.relu(self.norm(self.conv(x)))
        return y.mean((2, 3))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.linear(self.dropout(self.features(x)))
        return y


class WrongShape(Sound):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x)[:, :4]


class NotFinite(Sound):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) / 0


class Unused(Sound):
    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Linear(2, 2)


class Detached(Sound):
    def features(self, x: Tensor) -> Tensor:
        return super().features(x) + 0 * self.conv.weight.sum() - super().features(x).detach()

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x)


class ZeroGradient(Sound):
    def features(self, x: Tensor) -> Tensor:
        return super().features(x).detach() + 0 * self.conv.weight.sum()


class Leaking(Sound):
    def features(self, x: Tensor) -> Tensor:
        y = super().features(x)
        return y - y.mean(0)


class Unseeded(Sound):
    def __init__(self) -> None:
        super().__init__()
        random = torch.Generator()
        random.seed()
        nn.init.normal_(self.linear.weight, generator=random)


class Fixed(Sound):
    def __init__(self) -> None:
        super().__init__()
        for parameter in self.parameters():
            nn.init.constant_(parameter, 0.1)


class RandomInEvaluation(Sound):
    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x + torch.rand_like(x))


class LearnsInEvaluation(Sound):
    def features(self, x: Tensor) -> Tensor:
        self.norm.train()
        return super().features(x)


class DropoutByHand(Sound):
    """Keeps its dropout from ever being in training mode."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(1, 4)  # type: ignore[assignment]

    def forward(self, x: Tensor) -> Tensor:
        self.dropout.eval()
        return super().forward(x)


class HiddenState(Sound):
    """A buffer that the state dict leaves out."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("offset", torch.randn(1), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) + self.get_buffer("offset")


class FalseClaim(nn.Module):
    any_size = True

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3 * 8 * 8, 5)

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.linear(x.flatten(1))
        return y


def test_a_sound_network_passes() -> None:
    check_model(Sound, shape=SHAPE, classes=5, other_sizes=[4, 16])


def test_a_network_with_several_outputs_passes() -> None:
    class Two(Sound):
        def forward(self, x: Tensor) -> dict[str, Tensor]:  # type: ignore[override]
            return {"logits": super().forward(x), "features": self.features(x)}

    check_model(Two, shape=SHAPE)


@pytest.mark.parametrize(
    ("check", "network", "text"),
    [
        ("output shape", WrongShape, r"shape \[3, 4\], not \[3, 5\]"),
        ("output shape", NotFinite, "not finite"),
        ("gradients", Unused, "unused.weight gets no gradient"),
        ("gradients", ZeroGradient, "the gradient of conv.weight is zero"),
        ("no leak across the batch", Leaking, "changes with its neighbours"),
        ("determinism", Unseeded, "linear.weight differs"),
        ("determinism", Fixed, "do not follow the seed"),
        ("determinism", RandomInEvaluation, "outputs of two"),
        ("training and evaluation", LearnsInEvaluation, "evaluation changes norm.running_mean"),
        ("training and evaluation", DropoutByHand, "dropout does the same"),
        ("state dict round trip", HiddenState, "outputs of a network and one with its state dict"),
    ],
)
def test_a_broken_network_fails(check: str, network: Callable[[], nn.Module], text: str) -> None:
    CHECKS[check](Subject.of(Sound, SHAPE, 5))

    with pytest.raises(AssertionError, match=text):
        CHECKS[check](Subject.of(network, SHAPE, 5))


def test_a_size_that_is_claimed_must_be_taken() -> None:
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        check_model(FalseClaim, shape=SHAPE, classes=5)


def test_a_function_needs_the_shape_of_its_images() -> None:
    with pytest.raises(TypeError, match="needs shape"):
        check_model(Sound)


def test_the_random_state_stays_as_it_was() -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)

    check_model(Sound, shape=SHAPE, classes=5)

    assert torch.equal(torch.rand(1), expected)


def test_golden_file(tmp_path: Path) -> None:
    golden = tmp_path / "sound.json"
    with pytest.raises(AssertionError, match="no golden file; pytest --update-golden writes it"):
        check_model(Sound, shape=SHAPE, golden=golden)

    check_model(Sound, shape=SHAPE, golden=golden, update_golden=True)
    check_model(Sound, shape=SHAPE, golden=golden)

    kept = json.loads(golden.read_text())
    assert (kept["params"], kept["macs"]) == (3 * 4 * 9 + 8 + 25, 3 * 4 * 9 * 64 + 20)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda kept: kept["layers"][0].__setitem__(3, 1), "row 1 is"),
        (lambda kept: kept["layers"].pop(), "in the golden file"),
        (lambda kept: kept.__setitem__("macs", 1), "macs is"),
    ],
)
def test_golden_file_that_differs(
    tmp_path: Path, change: Callable[[dict[str, object]], None], text: str
) -> None:
    subject, golden = Subject.of(Sound, SHAPE, 5), tmp_path / "sound.json"
    check_counts(subject, golden, update=True)
    kept = json.loads(golden.read_text())
    change(kept)
    golden.write_text(json.dumps(kept))

    with pytest.raises(AssertionError, match=text):
        check_counts(subject, golden)
