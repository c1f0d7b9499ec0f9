"""The actions on runs of a list: pause, stop, delete, tag, star."""

from collections.abc import Callable, Sequence
from typing import Any

from textual import work
from textual.screen import Screen

from workbench.errors import WorkbenchError
from workbench.runs.library.row import RunRow
from workbench.runs.library.tags import annotate, refuse_tags
from workbench.runs.library.trash import TRASH, move_to, restore
from workbench.runs.live import control, launch, line
from workbench.runs.store.folder import RunFolder
from workbench.ui.actions.acting import Acting
from workbench.ui.dialogs import Ask, Confirm
from workbench.ui.widgets.refusal import say_refusal


class ChosenRuns(Acting, Screen[None]):
    """A screen with actions on chosen runs; a subclass has the list."""

    def __init__(self) -> None:
        super().__init__()
        self._deleted: list[RunFolder] = []  # in the trash, the last one last

    def chosen(self) -> list[RunRow]:
        """The runs that an action applies to."""
        return []

    def current(self) -> RunRow | None:
        """The run under the cursor."""
        return None

    def acted_on(self) -> RunFolder | None:
        """The run of the menu: the one under the cursor."""
        row = self.current()
        return row.folder if row else None

    def done_with(self, rows: list[RunRow]) -> None:
        """Called after an action on these runs."""

    def action_pause(self) -> None:
        """Pause running runs, resume paused ones and those that ended early."""
        self._each(self.chosen(), lambda row: launch.pause_or_resume(row.folder))

    def action_front(self) -> None:
        """Let queued runs train next, in the order in which they are listed."""
        self._each(self.chosen()[::-1], lambda row: line.move_to_front(row.folder.path))

    def action_star(self) -> None:
        """Star the chosen runs, or unstar them if all have a star."""
        rows = self.chosen()
        star = not all(row.star for row in rows)
        self._each(rows, lambda row: annotate(row.folder, star=star))

    @work
    async def action_tag(self) -> None:
        """Ask for the tags of the run under the cursor."""
        row = self.current()
        if row is None:
            return
        answer = await self.app.push_screen_wait(Ask(f"Tags of {row.id}", row.tags, refuse_tags))
        if answer is not None:
            before, after = set(row.tags.split()), set(answer.split())
            add, remove = tuple(after - before), tuple(before - after)
            self._each([row], lambda row: annotate(row.folder, add=add, remove=remove))

    @work
    async def action_stop(self) -> None:
        """End live runs, after asking."""
        rows = self.chosen()
        question = f"Stop {_named(rows)}? It saves its state first."
        if await self._confirmed(rows, question, "stop"):
            self._each(rows, lambda row: control.ask(row.folder, "stop"))

    @work
    async def action_delete(self) -> None:
        """Move runs to the trash, after asking."""
        rows = self.chosen()
        question = f"Move {_named(rows)} to the trash? u brings it back."
        if await self._confirmed(rows, question, "delete"):
            self._each(rows, lambda row: self._deleted.append(move_to(row.folder, TRASH)))

    def action_undo(self) -> None:
        """Restore the runs that were deleted last."""
        if not self._deleted:
            self.notify("Nothing was deleted since the workbench was opened.")
            return
        try:
            folder = restore(self._deleted.pop())
        except WorkbenchError as error:
            say_refusal(self.app, error)
        else:
            self.notify(f"{folder.id} is back.", markup=False)
        self.done_with([])

    async def _confirmed(self, rows: list[RunRow], question: str, yes: str) -> bool:
        """Ask a question about the runs, if there are any."""
        return bool(rows) and await self.app.push_screen_wait(Confirm(question, yes))

    def _each(self, rows: list[RunRow], do: Callable[[RunRow], Any]) -> None:
        """Apply an action to each run; failures are shown and do not end it."""
        for row in rows:
            try:
                do(row)
            except WorkbenchError as error:
                say_refusal(self.app, error)
        self.done_with(rows)


def _named(rows: Sequence[RunRow]) -> str:
    return rows[0].id if len(rows) == 1 else f"{len(rows)} runs"
