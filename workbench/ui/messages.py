"""What threads and panels tell the screens: small messages, upwards only."""

from dataclasses import dataclass

from textual.message import Message


@dataclass
class RunsCounted(Message):
    """How many runs have a living worker; only the newest count matters."""

    live: int

    def __post_init__(self) -> None:
        super().__init__()

    def can_replace(self, message: Message) -> bool:
        """A newer count takes the place of one that was not handled yet."""
        return isinstance(message, RunsCounted)
