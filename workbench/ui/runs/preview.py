"""The preview below the list: the run under the cursor in a few lines."""

from workbench.formatting.text import count, percent
from workbench.runs.library.row import RunRow
from workbench.runs.live.status import status_words
from workbench.ui.widgets.formatting import clean, duration, fit
from workbench.ui.widgets.lines import Line, Lines, plain
from workbench.ui.widgets.sparkline import sparkline
from workbench.ui.widgets.status_icons import icon

HINTS = {
    "crashed": "p resumes it from its last checkpoint",
    "stopped": "p resumes it from its last checkpoint",
    "failed": "p tries again from its last checkpoint",
    "paused": "p lets it go on",
    "queued": "m lets it train next, p takes it out of the queue",
}


class RunPreview(Lines):
    """Shows a run, or a hint if there is none."""

    row: RunRow | None = None
    empty = ""

    def show(self, row: RunRow | None, empty: str = "") -> None:
        """Show a run, or the text ``empty`` if there is none."""
        self.row, self.empty = row, empty
        if self.size.width:
            self.show_lines(preview(row, self.size.width) if row else [[], [(f" {empty}", "")]])

    def on_resize(self) -> None:
        """Fit the width."""
        self.show(self.row, self.empty)


def preview(row: RunRow, width: int) -> list[Line]:
    """Name and status, changes and curve, results."""
    sign, role = icon(row.status)
    first: Line = [(" ", ""), (clean(row.id), "heading"), (f"  {clean(row.preset)}", "muted")]
    status = status_words(row.status, row.reason)
    first += [("   ", ""), (f"{sign} {status}", role)]
    if row.reason and not row.error and status == row.status:
        first.append((f"  {clean(row.reason)}", "muted"))
    return [first, _what_was_changed(row, width), [(f" {_facts(row, width - 2)}", "")]]


def _what_was_changed(row: RunRow, width: int) -> Line:
    """Changes and curve; of a run that failed, why."""
    changed = row.changes or "nothing changed from its preset"
    line: Line = [(f" {clean(changed)}", "changed" if row.changes else "muted")]
    if row.error:
        line = [(f" {fit(clean(row.error), width - 2).rstrip()}", "bad")]
    hint = HINTS.get(row.status, "")
    if hint and len(plain(line)) + len(hint) + 4 <= width:
        line.append((f"   {hint}", "muted"))
    room = width - len(plain(line)) - 3
    if row.curve and room >= 12:
        spark = sparkline([*row.curve], min(room, len(row.curve))).rstrip()
        line += [(" " * (room + 2 - len(spark)), ""), (spark, "val")]
    return line


def _facts(row: RunRow, width: int) -> str:
    """As many results as fit, the most important first."""
    items = (
        f"epoch {row.epoch}/{row.epochs}" if row.epochs else "",
        f"val {percent(row.val, 2)} @ {row.best_epoch}" if row.val is not None else "",
        f"test {percent(row.test, 2)}" if row.test is not None else "",
        f"top-3 {percent(row.top3, 2)}" if row.top3 is not None else "",
        duration(row.time) if row.time else "",
        f"{count(row.params)} parameters" if row.params else "",
        f"{count(row.macs)} MACs" if row.macs else "",
        f"{count(row.speed)} img/s" if row.speed else "",
        clean(row.device),
    )
    text = ""
    for item in items:
        longer = f"{text} · {item}" if text else item
        if item and len(longer) <= width:
            text = longer
    return text
