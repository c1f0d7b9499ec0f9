"""The Confusion panel: the shaded confusion matrix, and the largest confusions."""

from collections.abc import Hashable
from typing import ClassVar

from rich.cells import cell_len

from workbench.formatting.text import count, percent
from workbench.runs.history.state import RunState
from workbench.ui.run.panel import Panel, RunView
from workbench.ui.widgets.formatting import clean, fit, right
from workbench.ui.widgets.lines import Line

LISTED = 40  # largest confusions
LIST_WIDTH = 41
CORNER = "true / predicted"


class ConfusionPanel(Panel):
    """Rows are the true classes, columns the predicted ones."""

    title: ClassVar[str] = "Confusion"

    def key(self, view: RunView) -> Hashable:
        """The number of epochs, and whether there was a test."""
        return len(view.state.epoch_rows), bool(view.state.test), view.split

    def draw(self, view: RunView, width: int, height: int) -> list[Line]:
        """The matrix, and beside or below it the list."""
        return confusion_lines(view.state, view.split, width)


def confusion_lines(state: RunState, split: str, width: int) -> list[Line]:
    """A line about the images, the matrix, and its largest confusions."""
    evaluation = state.evaluation(split)
    matrix = evaluation.confusion
    if not matrix:
        many = len(state.classes) > 100 and state.epoch_rows
        text = "is kept for up to 100 classes" if many else "appears after the first epoch"
        return [[(f" the confusion matrix {text}", "muted")]]
    names = [clean(name) for name in state.classes]
    names += [str(i) for i in range(len(names), len(matrix))]
    left = [[(f" {evaluation.title}", "")], *_matrix_lines(matrix, names, width)]
    listed = _largest(matrix, names)
    used = max(sum(cell_len(text) for text, _ in line) for line in left)
    if used + 1 + LIST_WIDTH > width:
        return [*left, [], *listed]
    lines = []
    for i in range(max(len(left), len(listed))):
        line = left[i] if i < len(left) else []
        gap = used + 1 - sum(cell_len(text) for text, _ in line)
        lines.append([*line, (" " * gap, ""), *(listed[i] if i < len(listed) else [])])
    return lines


def _matrix_lines(matrix: list[list[int]], names: list[str], width: int) -> list[Line]:
    size = len(matrix)
    label = min(max(cell_len(name) for name in names), 14)
    if size <= 30:
        label = max(label, len(CORNER))
    digits = max(len(count(cell)) for row in matrix for cell in row) + 1
    cell = max(digits, 5)
    if label + 2 + size * cell > width:
        cell = digits
    if label + 2 + size * cell > width:
        cell = 2 if label + 2 + size * 2 <= width else 1  # no numbers: shades only
    written = cell >= digits
    heading: Line = [(f" {fit(CORNER, label)} ", "muted")]
    if written and cell >= 4:
        heading += [(right(fit(name, cell - 1), cell), "muted") for name in names]
    lines: list[Line] = [heading]
    for true, row in enumerate(matrix):
        total = sum(row) or 1
        line: Line = [(f" {fit(names[true], label)} ", "")]
        for said, n in enumerate(row):
            text = right(count(n) if n else "·", cell) if written else " " * cell
            line.append((text, _heat(n / total, true == said)))
        lines.append(line)
    return lines


def _heat(share: float, hit: bool) -> str:
    """One of four shades, by the cell's share of its true class."""
    bounds = (0.25, 0.5, 0.75, 0.9) if hit else (0.01, 0.03, 0.08, 0.15)
    level = sum(share >= bound for bound in bounds)
    if level == 0:
        return "muted"
    return f"hit{level}" if hit else f"heat{level}"


def _largest(matrix: list[list[int]], names: list[str]) -> list[Line]:
    """The pairs most often mistaken, as share of the true class."""
    pairs = [
        (n, true, said)
        for true, row in enumerate(matrix)
        for said, n in enumerate(row)
        if n and true != said
    ]
    pairs.sort(key=lambda pair: (-pair[0], pair[1], pair[2]))
    lines: list[Line] = [[(" largest confusions", "heading"), ("  true → predicted", "muted")]]
    if not pairs:
        return [*lines, [(" none", "good")]]
    for n, true, said in pairs[:LISTED]:
        share = n / sum(matrix[true])
        lines.append(
            [
                (f" {fit(names[true], 11)} ", ""),
                ("→ ", "muted"),
                (fit(names[said], 11), ""),
                (f"{right(count(n), 6)} {right(percent(share), 7)}", "muted"),
            ]
        )
    return lines
