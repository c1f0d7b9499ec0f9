"""Reports a training run on stderr: lines that stay, and one that is rewritten in place."""

import shutil

from workbench.cli.console.live_line import LiveLine
from workbench.formatting.text import count, decimal, duration, one_line, percent
from workbench.runs.history.follow import Update
from workbench.runs.history.log import epoch_text, start_text, test_text
from workbench.runs.history.state import RunState
from workbench.runs.live.status import RunStatus
from workbench.runs.store.events import Event

BAR = 20  # cells


class Reporter:
    """Reports the updates of a run: lines that stay, on a terminal a rewritten one below."""

    def __init__(self, name: str, *, live: bool) -> None:
        self._name = name
        self._line = LiveLine(live=live)
        self._phase = ""
        self._waits = ""

    def show(self, update: Update) -> None:
        """Report an update."""
        for event in update.events:
            for line in self._lines(event, update.state):
                self.say(line)
        self._tell_wait(update.status)
        if self._line.live:
            width = shutil.get_terminal_size().columns - 1
            self._line.show(live_line(self._name, update.state, update.status.words, width))

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self._line.say(one_line(line))

    def close(self) -> None:
        """Erase the rewritten line."""
        self._line.close()

    def _tell_wait(self, status: RunStatus) -> None:
        """Off a terminal: what a run waits for in a scheduler, once each."""
        if status.waits and not self._line.live and status.reason != self._waits:
            self._waits = status.reason
            self.say(f"{status.name}, {status.reason}")

    def _lines(self, event: Event, state: RunState) -> list[str]:
        if event["event"] == "phase":
            if self._line.live or event.get("message") == self._phase:
                return []  # the live line shows it; off a terminal each is said once
            self._phase = str(event.get("message"))
            return [self._phase]
        return event_lines(event, state)


def event_lines(event: Event, state: RunState) -> list[str]:
    """The lines to print for an event; none for a step. Missing values are shown as a dash."""
    match event["event"]:
        case "start":
            return [start_text(event)]
        case "epoch":
            best = "  best" if event.get("epoch") == state.best_epoch else ""
            return [epoch_text(event, state.epochs) + best]
        case "test":
            return [test_text(event)]
        case "notice":
            return [f"note: {event.get('message', '')}"]
        case "status" if event.get("status") in ("paused", "running", "queued"):
            message = event.get("message")
            return [f"{event['status']}{f': {message}' if message else ''}"]
        case _:
            return []


def live_line(name: str, state: RunState, status: str, width: int) -> str:
    """The line that is rewritten in place, in at most ``width`` cells.

    Less important parts are left out where they do not fit.
    """
    if state.phase or not state.step:
        return one_line(f"{name}  {_waiting(state, status)}")[:width]
    filled = round(state.progress * BAR)
    parts = [  # (place on the line, text), the most important first
        (0, name),
        (4, percent(state.progress)),
        (2, f"epoch {state.epoch}/{state.epochs}" if state.epochs else ""),
        (9, f"{duration(state.seconds_left)} left"),
        (5, f"loss {decimal(_last(state, 'loss'), 3)}"),
        (6, f"val {percent(state.best_accuracy)} best" if state.best_accuracy is not None else ""),
        (3, "━" * filled + "─" * (BAR - filled)),
        (8, f"{decimal(state.images_per_second, 0)} img/s"),
        (1, status if status != "running" else ""),
        (7, f"step {count(state.step)}/{count(state.steps)}"),
    ]
    kept: list[tuple[int, str]] = []
    for part in parts:
        if part[1] and sum(len(text) + 2 for _, text in kept) + len(part[1]) <= width:
            kept.append(part)
    return "  ".join(one_line(text) for _, text in sorted(kept))


def _waiting(state: RunState, status: str) -> str:
    if state.phase and status.startswith("queued"):
        return f"{status}: {state.phase}"
    if not state.phase:
        return "starting" if status == "running" else status
    if not state.phase_total:
        return f"{state.phase} …"
    return f"{state.phase} {count(state.phase_done)}/{count(state.phase_total)}"


def _last(state: RunState, curve: str) -> float | None:
    return state.curves[curve].last if curve in state.curves else None
