"""The actions of the Run screen on its run: pause, resume, stop, checkpoint, move to front."""

from textual import work
from textual.screen import Screen

from workbench.errors import WorkbenchError
from workbench.runs.history.feed import RunFeed
from workbench.runs.live import control, launch, line
from workbench.runs.live.status import LIVE
from workbench.runs.store.folder import RunFolder
from workbench.ui.actions.acting import Acting
from workbench.ui.dialogs import Confirm
from workbench.ui.widgets.refusal import say_refusal

SAID = {
    "pausing": "Pausing after this step.",
    "paused": "Paused: it leaves the queue until p lets it go on.",
    "resumed": "Goes on.",
    "restarted": "Started again from its checkpoint.",
}


# In which states an action can be done; what is not here can be done in every one.
STATES = {
    "pause": (*LIVE, "stopped", "crashed", "failed"),
    "stop": LIVE,
    "checkpoint": ("running", "paused", "stalled"),
    "front": ("queued",),
}


def offered(action: str, status: str) -> bool:
    """Whether an action, such as ``pause`` or ``stop``, can be done with a run of this status."""
    return status in STATES.get(action, (status,))


class RunControl(Acting, Screen[None]):
    """A screen of one run with the actions that control it."""

    def __init__(self, folder: RunFolder) -> None:
        super().__init__()
        self.folder = folder
        self.feed = RunFeed(folder)

    def acted_on(self) -> RunFolder:
        """The run of the menu."""
        return self.folder

    def asked(self) -> None:
        """Called after a request: the status is about to change."""

    def action_pause(self) -> None:
        """Pause a running run, resume a paused one or one that ended early."""
        try:
            self.notify(SAID[launch.pause_or_resume(self.folder)])
        except WorkbenchError as error:
            say_refusal(self.app, error)
        self.asked()

    def action_front(self) -> None:
        """Let a queued run train next."""
        try:
            line.move_to_front(self.folder.path)
        except WorkbenchError as error:
            say_refusal(self.app, error)
        else:
            self.notify("It trains next.")
        self.asked()

    def offers(self, action: str) -> bool:
        """Whether to list an action among the keys, by the run's status."""
        return offered(action, self.feed.status.name)

    def action_checkpoint(self) -> None:
        """Save a checkpoint now."""
        self._ask("checkpoint", "Saving a checkpoint.")

    @work
    async def action_stop(self) -> None:
        """End the run, after asking."""
        question = f"Stop {self.folder.id}? It saves its state first; p can take it up again."
        if await self.app.push_screen_wait(Confirm(question, "stop it")):
            self._ask("stop", "Stopping: it saves its state first.")

    def _ask(self, request: control.Request, said: str) -> None:
        try:
            control.ask(self.folder, request)
        except WorkbenchError as error:
            say_refusal(self.app, error)
        else:
            self.notify(said)
