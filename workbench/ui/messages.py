"""Messages from threads and panels to screens, and from screens to the app."""

from dataclasses import dataclass

from textual.message import Message

from workbench.runs.live.preloaded import Phase
from workbench.runs.store.folder import RunFolder


@dataclass
class RunsCounted(Message):
    """The number of live runs and the state of the machine; only the newest matters."""

    live: int
    device: str

    def can_replace(self, message: Message) -> bool:
        """A newer count replaces an unhandled one."""
        return isinstance(message, RunsCounted)


@dataclass
class OpenRun(Message):
    """Asks the app to show a run."""

    folder: RunFolder


@dataclass
class OpenPreset(Message):
    """Asks the app to show a preset on the Presets screen."""

    name: str


@dataclass
class EditRun(Message):
    """Asks the app to show a run's settings on the Presets screen, to be edited."""

    folder: RunFolder


class ShowRuns(Message):
    """Asks the app to show the list of runs."""


@dataclass
class PreloadedPhase(Message):
    """The preloaded worker's phase: ``off``, ``loading`` or ``ready``."""

    phase: Phase
