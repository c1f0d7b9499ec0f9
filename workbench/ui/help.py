"""The `?` page: every key that works on the screen it was asked from."""

from collections.abc import Mapping

from textual.binding import ActiveBinding
from textual.content import Content
from textual.keys import format_key

from workbench.ui.dialogs import Reader

KEY_WIDTH = 20


class HelpScreen(Reader):
    """Keys and what they do, in groups from the innermost widget to the app."""

    def __init__(self, bindings: Mapping[str, ActiveBinding]) -> None:
        super().__init__("Keys", _text(bindings))


def _text(bindings: Mapping[str, ActiveBinding]) -> Content:
    groups: dict[str, dict[str, list[str]]] = {}
    for key, active in bindings.items():
        binding = active.binding
        if binding.system or not binding.description:
            continue
        group = groups.setdefault(_title(type(active.node).__name__), {})
        group.setdefault(binding.tooltip or binding.description, []).append(_show(key))
    lines: list[Content] = []
    for title, group in groups.items():
        lines.append(Content.styled(title, "bold $primary"))
        for text, keys in group.items():
            lines.append(Content.assemble((f"  {'  '.join(keys):<{KEY_WIDTH}} ", "bold"), text))
        lines.append(Content(""))
    return Content("\n").join(lines[:-1])


def _show(key: str) -> str:
    *modifiers, name = key.split("+")
    short = {"ctrl": "^", "shift": "shift+"}
    return "".join(short.get(word, f"{word}+") for word in modifiers) + format_key(name)


def _title(class_name: str) -> str:
    words = "".join(f" {letter}" if letter.isupper() else letter for letter in class_name).strip()
    return {"Workbench App": "Everywhere"}.get(words, words.capitalize())
