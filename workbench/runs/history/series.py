"""A curve of any length in bounded memory, for plots."""

from dataclasses import dataclass, field

CAPACITY = 4096  # points kept; a plot shows some hundred


@dataclass
class Series:
    """Points (x, y) in order of x, thinned as they come.

    At ``CAPACITY`` points neighbours are averaged in pairs, and from then on each point stands
    for twice as many steps.
    """

    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    count: int = 0
    last: float | None = None
    stride: int = 1
    _sum_x: float = 0.0
    _sum_y: float = 0.0
    _held: int = 0

    def add(self, x: float, y: float | None) -> None:
        """Append a point; one that is not finite is left out."""
        if y is None:
            return
        self.count += 1
        self.last = y
        self._sum_x += x
        self._sum_y += y
        self._held += 1
        if self._held == self.stride:
            self.x.append(self._sum_x / self.stride)
            self.y.append(self._sum_y / self.stride)
            self._sum_x = self._sum_y = 0.0
            self._held = 0
            if len(self.x) >= CAPACITY:
                self._halve()

    def _halve(self) -> None:
        self.x = [(a + b) / 2 for a, b in zip(self.x[::2], self.x[1::2], strict=True)]
        self.y = [(a + b) / 2 for a, b in zip(self.y[::2], self.y[1::2], strict=True)]
        self.stride *= 2

    def __len__(self) -> int:
        return len(self.x)
