"""The `?` page: the keys of the screen that it was opened from."""

import re
import textwrap
from collections.abc import Mapping

from textual.binding import ActiveBinding
from textual.content import Content
from textual.keys import format_key

from workbench.ui.dialogs import Reader

KEY_WIDTH = 14  # cells
TEXT_WIDTH = 56  # so that it fits 80 columns
MOVING = "Moving about"


class HelpScreen(Reader):
    """Lists the keys in groups, from the focused widget to the app."""

    def __init__(self, bindings: Mapping[str, ActiveBinding]) -> None:
        super().__init__("Keys", _text(bindings))


def _text(bindings: Mapping[str, ActiveBinding]) -> Content:
    groups: dict[str, dict[str, list[str]]] = {}
    for key, active in bindings.items():
        binding = active.binding
        if binding.system or not binding.description:
            continue
        # What has no id is Textual's own: arrows, pages, focus. It comes last.
        title = _title(type(active.node).__name__) if binding.id else MOVING
        group = groups.setdefault(title, {})
        group.setdefault(binding.tooltip or binding.description, []).append(_show(key))
    lines: list[Content] = []
    for title, group in sorted(groups.items(), key=lambda item: item[0] == MOVING):
        lines.append(Content.styled(title, "bold $primary"))
        for text, keys in group.items():
            first, *more = textwrap.wrap(text, TEXT_WIDTH)
            lines.append(Content.assemble((f" {'  '.join(keys):<{KEY_WIDTH}} ", "bold"), first))
            lines += [Content(" " * (KEY_WIDTH + 2) + line) for line in more]
        lines.append(Content(""))
    return Content("\n").join(lines[:-1])


def _show(key: str) -> str:
    *modifiers, name = key.split("+")
    short = {"ctrl": "^", "shift": "shift+"}
    shown = name.upper() if re.fullmatch(r"f\d+", name) else format_key(name)
    return "".join(short.get(word, f"{word}+") for word in modifiers) + shown


def _title(class_name: str) -> str:
    words = "".join(f" {letter}" if letter.isupper() else letter for letter in class_name).strip()
    return {"Workbench App": "Everywhere"}.get(words, words.capitalize())
