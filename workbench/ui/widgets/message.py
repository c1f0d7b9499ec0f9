"""The message line of the Run screen: what is waited for, or an error with advice."""

from collections.abc import Hashable

from textual.geometry import Size

from workbench.formatting.text import count, percent
from workbench.runs.history.state import RunState
from workbench.ui.run.panel import Panel, RunView
from workbench.ui.widgets.formatting import clean
from workbench.ui.widgets.lines import Line

NEXT = {
    "crashed": "p goes on from the last checkpoint",
    "failed": "the log tells more; put it right, then p tries again from the last checkpoint",
    "stopped": "p goes on from the last checkpoint",
    "paused": "p lets it go on",
    "queued": "m lets it train next, p takes it out of the queue",
    "stalled": "the log may tell why; s asks it to stop",
}


class MessageLine(Panel):
    """Hidden while there is no message."""

    _said: tuple[str, str, str] | None = None

    def show(self, view: RunView) -> None:
        """Show or hide with the message."""
        said = say(view)
        self.view = view
        if said != self._said:
            self._said = said
            self.display = said is not None
            self.refresh(layout=True)
        super().show(view)

    def key(self, view: RunView) -> Hashable:
        """The message."""
        return say(view)

    def draw(self, view: RunView, width: int, height: int) -> list[Line]:
        """The message, wrapped into at most ``height`` lines."""
        said = say(view)
        if said is None:
            return []
        text, role, advice = said
        lines = wrap(text, width - 2)[: max(1, height - 1)] if advice else wrap(text, width - 2)
        drawn: list[Line] = [[(" ", ""), (line, role)] for line in lines[:height]]
        if advice and len(drawn[-1][1][0]) + len(advice) + 6 <= width:
            drawn[-1].append((f"   {advice}", "muted"))
        elif advice and len(drawn) < height:
            drawn.append([(" ", ""), (advice[: width - 2], "muted")])
        return drawn

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The lines of the wrapped message."""
        said = say(self.view) if self.view else None
        if said is None:
            return 0
        text, _, advice = said
        lines = wrap(text, max(10, width - 2))
        fits = len(lines[-1]) + len(advice) + 6 <= width
        return min(4, len(lines) + (0 if fits or not advice else 1))


def say(view: RunView) -> tuple[str, str, str] | None:
    """The message, its role, and advice; None if there is none."""
    state, status = view.state, view.status.name
    if view.waiting:
        return view.waiting, "accent", ""
    if status in ("failed", "crashed", "stalled"):
        why = (state.error if status == "failed" else "") or view.status.reason
        text = f"{status}: {clean(why)}" if why else status
        return text, "warn" if status == "stalled" else "bad", NEXT[status]
    if status in ("stopped", "paused"):
        return f"{status} at step {count(state.step)}", "warn", NEXT[status]
    if status == "queued":
        return clean(state.phase) or "waiting to train", "accent", NEXT[status]
    if state.phase and status != "finished":
        done = f" {count(state.phase_done)}/{count(state.phase_total)}" if state.phase_total else ""
        return f"{clean(state.phase)}{done}", "accent", ""
    if status == "starting" and not state.step:
        return "the worker is starting: loading torch", "accent", ""
    if state.notices:
        return clean(state.notices[-1]), "warn", ""
    return (tested(state), "good", "") if state.test else None


def tested(state: RunState) -> str:
    """The result of the test as counts and percentages."""
    test = state.test
    total = test.get("total")
    first = "top-1" if "test_top3_accuracy" in test else "accuracy"  # of cells, or of few classes
    parts = [
        f"{name} {_of(test.get(hits), total)}{percent(test[share], 2)}"
        for name, hits, share in (
            (first, "correct", "test_accuracy"),
            ("top-3", "top3_correct", "test_top3_accuracy"),
        )
        if isinstance(test.get(share), int | float)
    ]
    weights = f" ({clean(test['weights'])} weights)" if test.get("weights") else ""
    return f"test{weights}: {' · '.join(parts)}"


def _of(hits: object, total: object) -> str:
    if isinstance(hits, int) and isinstance(total, int):
        return f"{count(hits)}/{count(total)} = "
    return ""


def wrap(text: str, width: int) -> list[str]:
    """``text`` wrapped to ``width`` columns, between words if possible."""
    lines = [""]
    for word in text.split(" "):
        while len(word) > width:
            word, rest = word[:width], word[width:]
            lines += [word, ""]
            word = rest
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
