"""The dialog that starts a sweep: values for some keys, number of runs, expected time."""

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from workbench.errors import WorkbenchError
from workbench.formatting.text import count, duration, one_line
from workbench.sweeps.config import SweepConfig
from workbench.sweeps.estimate import expected_seconds
from workbench.sweeps.folder import SweepFolder, open_sweep, store
from workbench.sweeps.launch import check_data, start_coordinator
from workbench.sweeps.plan import PlannedRun, plan
from workbench.sweeps.typed import free_name, typed_sweep
from workbench.ui.context import AppContext

SHOWN = 8  # variants that are listed


class SweepStart(ModalScreen[SweepFolder | None]):
    """Asks what to vary; returns the folder of the started sweep."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="sweepstart.cancel"),
    ]

    def __init__(
        self, preset: str, changes: Mapping[str, Any], context: AppContext, text: str
    ) -> None:
        """``text`` is the line at first: ``optimizer.lr = 0.1, 0.01``."""
        super().__init__()
        self._preset, self._changes = preset, dict(changes)
        self._runs_dir, self._data, self._text = context.runs_root, context.data_root, text

    def compose(self) -> ComposeResult:
        """The question, the line, the runs that it gives."""
        with Vertical(classes="dialog"):
            yield Static(Content(f"Sweep over {self._preset}: which keys, with which values?"))
            yield Input(self._text, compact=True)
            yield Static(id="sweep-start-text", markup=False)
            yield Static(Content.styled("enter start   esc cancel   ; between keys", "$muted"))

    def on_mount(self) -> None:
        """Put the cursor at the end of the line."""
        self.query_one(Input).cursor_position = len(self._text)

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        self._check(event.value)

    @work(exclusive=True, group="check")
    async def _check(self, text: str) -> None:
        """Show what the line would start, and how long that would take."""
        try:
            sweep, runs = self._plan(text)
        except WorkbenchError as error:
            self.query_one("#sweep-start-text", Static).update(one_line(str(error)))
            return
        jobs = sweep.jobs * len(sweep.devices)
        seconds = await asyncio.to_thread(expected_seconds, runs, self._runs_dir, jobs)
        guess = f"about {duration(seconds)}" if seconds else "no earlier run tells how long"
        lines = [f"{count(len(runs))} runs, {guess}"]
        lines += [f"  {run.variant}" for run in runs[:SHOWN]]
        lines += [f"  … and {len(runs) - SHOWN} more"] if len(runs) > SHOWN else []
        self.query_one("#sweep-start-text", Static).update("\n".join(map(_tidy, lines)))

    @on(Input.Submitted)
    def _start(self, event: Input.Submitted) -> None:
        try:
            sweep, runs = self._plan(event.value)
            check_data(runs, self._runs_dir, self._data)
            folder = open_sweep(free_name(self._preset, sweep.grid, self._runs_dir), self._runs_dir)
            store(folder, sweep)
            start_coordinator(folder, data=self._data)
        except WorkbenchError as error:
            self.query_one("#sweep-start-text", Static).update(one_line(str(error)))
            return
        self.dismiss(folder)

    def _plan(self, text: str) -> tuple[SweepConfig, list[PlannedRun]]:
        sweep = typed_sweep(text, self._preset, self._changes)
        return sweep, plan(sweep, free_name(self._preset, sweep.grid, self._runs_dir))


def _tidy(text: str) -> str:
    """One clean line with its indentation."""
    return " " * (len(text) - len(text.lstrip())) + one_line(text.lstrip())
