"""The row of the form that says where a run trains: here, or at a place of ``places.toml``."""

from dataclasses import dataclass
from typing import Any

from textual.message import Message

from workbench.config import FieldSpec
from workbench.errors import WorkbenchError
from workbench.runs.places.config import LOCAL, places_file, read_places
from workbench.ui.presets.draft import Draft
from workbench.ui.presets.fields import FieldRow


class PlaceRow(FieldRow):
    """A :class:`FieldRow` whose value is no key of the configuration."""

    @dataclass
    class Chosen(Message):
        """Another place was chosen."""

        name: str

    def __init__(self, places: list[str], chosen: str, draft: Draft) -> None:
        help_text = f"Where the run trains; {places_file()} names places."
        spec = FieldSpec("place", "choice", LOCAL, help_text, "", tuple(places), {})
        self._place = chosen
        super().__init__(spec, draft)

    def initial(self, draft: Draft) -> Any:
        """The place chosen before."""
        return self._place

    def show(self, draft: Draft, hint: str = "", *, typing: bool = False) -> None:
        """A draft says nothing of places."""

    def _tell(self, value: Any) -> None:
        if value != self._place:
            self._place = value
            self.post_message(self.Chosen(str(value)))


def place_names() -> tuple[list[str], str]:
    """The places, ``local`` first, and what is wrong with ``places.toml``."""
    try:
        return [LOCAL, *read_places()], ""
    except WorkbenchError as error:
        return [LOCAL], str(error)
