"""The bottom line: the keys and what they do; redrawn only when the keys change."""

from typing import Any, Protocol, runtime_checkable

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget


@runtime_checkable
class Offers(Protocol):
    """A screen that says which actions make sense now."""

    def offers(self, action: str) -> bool:
        """Whether to list an action now."""


class KeyLine(Widget):
    """Keys and actions, as many as fit. A click presses the key."""

    def __init__(self) -> None:
        super().__init__(id="keyline")
        self._shown: list[tuple[str, str, str]] = []  # key, how it is shown, what it does
        self.tooltip = "? shows every key that works here"

    def on_mount(self) -> None:
        """Follow changes of the keys."""
        self.screen.bindings_updated_signal.subscribe(self, self._keys_changed)

    def render(self) -> Content:
        """The keys and actions that fit."""
        parts: list[Any] = []
        room = self.size.width
        for _, key, words in self._shown:
            room -= _width(key, words)
            if room < 0:
                break
            parts += [(f" {key}", "bold $footer-key-foreground"), f" {words} "]
        return Content.assemble(*parts)

    async def on_click(self, event: events.Click) -> None:
        """Press the key under the pointer."""
        left = 0
        for key, shown, words in self._shown:
            left += _width(shown, words)
            if event.x < left:
                self.app.simulate_key(key)
                return

    def _keys_changed(self, screen: Screen[Any]) -> None:
        shown = {}
        for active in screen.active_bindings.values():
            binding: Binding = active.binding
            if not offers(screen, binding.action):
                continue
            if binding.show and active.enabled and binding.action not in shown:
                key = self.app.get_key_display(binding)
                shown[binding.action] = (binding.key, key, binding.description)
        if list(shown.values()) != self._shown:
            self._shown = list(shown.values())
            self.refresh()


def offers(screen: Screen[Any], action: str) -> bool:
    """Whether a screen wants an action listed now; its key works in any case."""
    return not isinstance(screen, Offers) or screen.offers(action)


def _width(key: str, words: str) -> int:
    return len(key) + len(words) + 3
