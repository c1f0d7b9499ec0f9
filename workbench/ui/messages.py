"""What threads and panels tell the screens: small messages, upwards only."""

from dataclasses import dataclass

from textual.message import Message

from workbench.runs.live.preloaded import Phase
from workbench.runs.store.folder import RunFolder


@dataclass
class RunsCounted(Message):
    """How many runs have a living worker, and how the machine is; only the newest matters."""

    live: int
    device: str

    def can_replace(self, message: Message) -> bool:
        """A newer count takes the place of one that was not handled yet."""
        return isinstance(message, RunsCounted)


@dataclass
class OpenRun(Message):
    """A run is to be shown; the app answers."""

    folder: RunFolder


@dataclass
class OpenPreset(Message):
    """A preset is to be shown on the Presets screen; the app answers."""

    name: str


class ShowRuns(Message):
    """The list of runs is to be shown; the app answers."""


@dataclass
class PreloadedPhase(Message):
    """What the preloaded worker does now: ``off``, ``loading`` or ``ready``."""

    phase: Phase
