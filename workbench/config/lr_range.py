"""The learning-rate range test: which rates are tried, and which one their losses suggest.

Smith 2015, arXiv:1506.01186, section 3.3: the learning rate rises while the network trains, and
the loss shows from where on it learns and where it diverges. The suggestions are fast.ai's
(fastai.callback.schedule): *valley* and *steepest*. Pure, free of torch.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.errors import RequestError

SMOOTHING = 0.9  # weight of the losses before; fast.ai's 0.98 lags behind a test of 100 steps
DIVERGED = 4.0  # times the smallest smoothed loss so far: the test ends there
FEWEST, MOST = 20, 10_000  # steps


@dataclass(frozen=True)
class Span:
    """The rates of a test: ``steps`` from ``low`` to ``high`` by equal factors."""

    low: float = 1e-6
    high: float = 10.0
    steps: int = 100

    def __post_init__(self) -> None:
        """Refuse a span that is none; raises :class:`RequestError`."""
        if not 0 < self.low < self.high <= 100:
            raise RequestError(
                f"--low {self.low:g} --high {self.high:g}: must be 0 < low < high ≤ 100"
            )
        if not FEWEST <= self.steps <= MOST:
            raise RequestError(f"--steps {self.steps}: must be from {FEWEST} to {MOST:,}")

    @property
    def rates(self) -> list[float]:
        """Every rate, ascending."""
        factor = (self.high / self.low) ** (1 / (self.steps - 1))
        return [self.low * factor**step for step in range(self.steps)]


class Smoothed:
    """The exponential moving average of losses, without the bias of its start (as Adam's)."""

    def __init__(self) -> None:
        self._total, self._weight = 0.0, 0.0
        self.least = math.inf

    def add(self, loss: float) -> float:
        """The average with one more loss in it."""
        self._total = SMOOTHING * self._total + (1 - SMOOTHING) * loss
        self._weight = SMOOTHING * self._weight + (1 - SMOOTHING)
        value = self._total / self._weight
        self.least = min(self.least, value)
        return value

    def has_diverged(self, value: float) -> bool:
        """Whether an average tells that training has come apart."""
        return not math.isfinite(value) or value > DIVERGED * self.least


def suggestions(rates: Sequence[float], smoothed: Sequence[float]) -> dict[str, float | None]:
    """``valley`` and ``steepest`` of a test's smoothed losses; None where the loss never fell.

    As fast.ai's: the first tenth is left out, where the average has seen little, and so are
    the last five points, where it diverges.
    """
    first, last = len(rates) // 10, max(len(rates) - 5, 0)
    x, y = rates[first:last], smoothed[first:last]
    return {"valley": _rounded(valley(x, y)), "steepest": _rounded(steepest(x, y))}


def valley(rates: Sequence[float], losses: Sequence[float]) -> float | None:
    """The rate halfway along the longest stretch over which the loss falls (with leaps)."""
    length = [1] * len(losses)  # of the longest falling subsequence that ends here
    for i in range(len(losses)):
        below = (length[j] for j in range(i) if losses[j] > losses[i])
        length[i] = 1 + max(below, default=0)
    if max(length, default=0) < 2:
        return None
    end = length.index(max(length))
    third = length[end] / 3
    return rates[max(0, end - length[end] + int(third) + int(third / 2))]


def steepest(rates: Sequence[float], losses: Sequence[float]) -> float | None:
    """The rate at which the loss falls fastest over the logarithm of the rate."""
    slopes = [
        (after - before) / math.log(high / low)
        for before, after, low, high in zip(losses, losses[1:], rates, rates[1:], strict=False)
    ]
    if not slopes or min(slopes) >= 0:
        return None
    return rates[slopes.index(min(slopes))]


def verdict(document: Mapping[str, Any]) -> str:
    """What a test found (the document of ``workbench lr-find --json``), in one line."""
    points = document["points"]
    last = points[-1]["lr"] if points else document["low"]
    ended = f"diverged above {last:.2g}" if document["diverged"] else f"no divergence to {last:.2g}"
    if not document["suggestion"]:
        return f"{ended}; the loss never fell: try a lower --low, or more --steps"
    found = [f"{name} {document[name]:g}" for name in ("valley", "steepest") if document.get(name)]
    return (
        f"optimizer.lr = {document['suggestion']:g}  "
        f"({', '.join(found)}; now {document['lr']:g}; {ended})"
    )


def _rounded(rate: float | None) -> float | None:
    """To two significant digits: the test does not know it better."""
    return None if rate is None else float(f"{rate:.1e}")
