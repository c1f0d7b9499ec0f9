"""After which steps several processes meet to report and to hear of requests."""

import time
from collections.abc import Callable

MOST = 1000  # steps between two meetings


class Rhythm:
    """Plans the meetings, about every ``seconds``; only the process that leads plans.

    A clock alone cannot say when: each process reads another time, and one that went on while
    the others wait would stop the run.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds, self._clock = seconds, clock
        self.next_step = 1
        self._before = (clock(), 0)  # time and step of the last meeting
        self._steps = 1  # between the last two

    def is_due(self, step: int) -> bool:
        """Whether the processes meet after this step (counted from 1)."""
        return step >= self.next_step

    def plan(self, step: int) -> int:
        """The step of the next meeting, by how long the steps since the last one took.

        At most twice as many steps as last time: the first ones are slow or fast by chance.
        """
        now, (then, before) = self._clock(), self._before
        took = (now - then) / max(1, step - before)
        wanted = int(self.seconds / took) if took > 0 else MOST
        self._steps = max(1, min(wanted, 2 * self._steps, MOST))
        self._before = (now, step)
        return step + self._steps
