"""The `?` page: every key that works on the screen it was asked from."""

from collections.abc import Mapping
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static


class HelpScreen(ModalScreen[None]):
    """Keys and what they do, in groups from the innermost widget to the app."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss", "Close", id="help.close"),
        Binding("j", "down", "Down", id="help.down", show=False),
        Binding("k", "up", "Up", id="help.up", show=False),
    ]

    def __init__(self, bindings: Mapping[str, ActiveBinding]) -> None:
        super().__init__()
        self._keys = bindings

    def compose(self) -> ComposeResult:
        """One line a key, in a box that scrolls."""
        with VerticalScroll(id="help") as box:
            box.border_title = "Keys"
            box.border_subtitle = "esc close"
            yield Static(self._text())

    def action_down(self) -> None:
        """Scroll on."""
        self.query_one("#help", VerticalScroll).scroll_down()

    def action_up(self) -> None:
        """Scroll back."""
        self.query_one("#help", VerticalScroll).scroll_up()

    def _text(self) -> Content:
        groups: dict[str, dict[str, list[str]]] = {}
        for active in self._keys.values():
            binding = active.binding
            if binding.system or not binding.description:
                continue
            group = groups.setdefault(_title(type(active.node).__name__), {})
            key = self.app.get_key_display(binding)
            keys = group.setdefault(binding.tooltip or binding.description, [])
            if key not in keys:
                keys.append(key)
        lines: list[Content] = []
        for title, group in groups.items():
            lines.append(Content.styled(title, "bold $primary"))
            for text, keys in group.items():
                lines.append(
                    Content.assemble((f"  {' '.join(keys):<18} ", "bold"), (text, "$foreground"))
                )
            lines.append(Content(""))
        return Content("\n").join(lines[:-1])


def _title(class_name: str) -> str:
    words = "".join(f" {letter}" if letter.isupper() else letter for letter in class_name)
    return {"Workbench App": "Everywhere"}.get(words.strip(), words.strip().capitalize())
