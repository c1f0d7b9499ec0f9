"""The Classes panel: accuracy of every class as bars, the worst first."""

from collections.abc import Hashable
from typing import ClassVar

from rich.cells import cell_len

from workbench.formatting.text import count, percent
from workbench.runs.history.state import ClassScore, RunState
from workbench.ui.run.panel import Panel, RunView
from workbench.ui.widgets.formatting import bar, clean, fit, right
from workbench.ui.widgets.lines import Line

ROOMY = 110  # columns from which precision is shown
SHARES = {"segmentation": "mean IoU", "multilabel": "mean recall"}  # of the classes, by task
SAME = 0.0005  # a smaller change than this is shown as none


class ClassesPanel(Panel):
    """A line a class: name, bar, correct of total, share, change since the epoch before."""

    title: ClassVar[str] = "Classes"

    def key(self, view: RunView) -> Hashable:
        """The number of epochs, and whether there was a test."""
        state = view.state
        return len(state.epoch_rows), len(state.per_class), bool(state.test), view.split

    def draw(self, view: RunView, width: int, height: int) -> list[Line]:
        """A line a class."""
        return class_lines(view.state, view.split, width)


def class_lines(state: RunState, split: str, width: int) -> list[Line]:
    """A summary line, then the classes, worst first."""
    evaluation = state.evaluation(split)
    if not evaluation.scores:
        return [[(" accuracy of each class appears after the first epoch", "muted")]]
    scores = sorted(evaluation.scores, key=lambda score: (score.accuracy, score.name))
    name_width = min(max(cell_len(clean(score.name)) for score in scores), 24, width // 4)
    total_width = max(len(count(score.total)) for score in scores)
    precisions = evaluation.precision(state.classes) if width >= ROOMY else {}
    room = width - name_width - 2 * total_width - 25 - (20 if precisions else 0)
    share = SHARES.get(str(state.start.get("task", "")), "balanced")
    lines = [_summary(scores, evaluation.title, share)]
    for score in scores:
        line = _class_line(score, evaluation.before.get(score.name), name_width, total_width, room)
        if score.name in precisions:
            line += [("  precision", "muted"), (right(percent(precisions[score.name]), 9), "")]
        lines.append(line)
    return lines


def _summary(scores: list[ClassScore], title: str, share: str) -> Line:
    seen = [score for score in scores if score.total]
    balanced = sum(score.accuracy for score in seen) / len(seen) if seen else 0.0
    never = sum(score.correct == 0 for score in seen)
    line: Line = [
        (f" {title}", ""),
        ("   worst first   ", "muted"),
        (f"{share} ", "muted"),
        (percent(balanced), ""),
    ]
    if never:
        classes = "class" if never == 1 else "classes"
        line += [("   ", ""), (f"✗ {never} {classes} at 0 %", "bad")]
    return line


def _class_line(
    score: ClassScore, before: ClassScore | None, name_width: int, total_width: int, room: int
) -> Line:
    lost = score.correct == 0 and score.total > 0
    role = "bad" if lost else ""
    tally = f"{right(count(score.correct), total_width)}/{right(count(score.total), total_width)}"
    line: Line = [(f" {fit(clean(score.name), name_width)}  ", role)]
    if room >= 8:
        filled, track = bar(score.accuracy, room)
        line += [
            (filled, _shade(score.accuracy)),
            ("╌" * room, "bad") if lost else (track, "track"),
        ]
    line += [(f"  {tally}", "muted"), (right(percent(score.accuracy), 9), role), ("  ", "")]
    if lost:
        return [*line, ("✗ never", "bad")]
    if before is None or not before.total:
        return [*line, (" " * 7, "")]
    change = score.accuracy - before.accuracy
    if abs(change) < SAME:
        return [*line, ("  =    ", "muted")]
    sign, change_role = ("▲", "good") if change > 0 else ("▼", "bad")
    return [*line, (f"{sign} {100 * abs(change):4.1f} ", change_role)]


def _shade(accuracy: float) -> str:
    return "bad" if accuracy < 0.25 else "warn" if accuracy < 0.5 else "val"
