"""Signals taken over for a while, and given back."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

TAKEN = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@contextmanager
def signals_given_back() -> Iterator[None]:
    """Within, a worker may take the signals over; afterwards they are whose they were."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in TAKEN}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
