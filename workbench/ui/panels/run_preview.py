"""The strip below the list: the run under the cursor in a few lines."""

from workbench.runs.row import RunRow
from workbench.ui.panels.lines import Line, Lines, plain
from workbench.ui.panels.marks import mark
from workbench.ui.panels.words import clean, count, duration, percent, sparkline

HINTS = {
    "crashed": "p resumes it from its last checkpoint",
    "stopped": "p resumes it from its last checkpoint",
    "failed": "p tries again from its last checkpoint",
    "paused": "p lets it go on",
}


class RunPreview(Lines):
    """Shows one run, or what to do where there is none."""

    row: RunRow | None = None
    empty = ""

    def show(self, row: RunRow | None, empty: str = "") -> None:
        """Show a run; ``empty`` is said where there is none."""
        self.row, self.empty = row, empty
        if self.size.width:
            self.show_lines(preview(row, self.size.width) if row else [[], [(f" {empty}", "")]])

    def on_resize(self) -> None:
        """Fit the width."""
        self.show(self.row, self.empty)


def preview(row: RunRow, width: int) -> list[Line]:
    """Name and standing, changes and curve, results."""
    sign, role = mark(row.status)
    first: Line = [(" ", ""), (clean(row.id), "heading"), (f"  {clean(row.preset)}", "muted")]
    first += [("   ", ""), (f"{sign} {row.status}", role)]
    if why := clean(row.error or row.reason):
        first.append((f"  {why}", "bad" if row.error else "muted"))
    changed = row.changes or "nothing changed from its preset"
    second: Line = [(f" {clean(changed)}", "changed" if row.changes else "muted")]
    if hint := HINTS.get(row.status):
        second.append((f"   {hint}", "muted"))
    room = width - len(plain(second)) - 3
    if row.curve and room >= 12:
        spark = sparkline([*row.curve], min(room, len(row.curve))).rstrip()
        second += [(" " * (room + 2 - len(spark)), ""), (spark, "val")]
    facts = [
        f"epoch {row.epoch}/{row.epochs}" if row.epochs else "",
        f"val {percent(row.val, 2)} @ {row.best_epoch}" if row.val is not None else "",
        f"test {percent(row.test, 2)}" if row.test is not None else "",
        f"top-3 {percent(row.top3, 2)}" if row.top3 is not None else "",
        f"{count(row.params)} parameters" if row.params else "",
        f"{count(row.macs)} MACs" if row.macs else "",
        f"{count(row.speed)} img/s" if row.speed else "",
        duration(row.time) if row.time else "",
        clean(row.device),
    ]
    return [first, second, [(f" {' · '.join(fact for fact in facts if fact)}", "")]]
