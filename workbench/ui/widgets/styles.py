"""The roles of text, and their styles from the style sheet."""

from typing import ClassVar

from rich.style import Style
from textual.widget import Widget

ROLES = (
    "accent",
    "axis",
    "bad",
    "best",
    "changed",
    "cursor",
    "curve1",
    "curve2",
    "curve3",
    "curve4",
    "curve5",
    "curve6",
    "good",
    "heading",
    "heat1",
    "heat2",
    "heat3",
    "heat4",
    "hit1",
    "hit2",
    "hit3",
    "hit4",
    "live",
    "muted",
    "raw",
    "selected",
    "track",
    "train",
    "val",
    "warn",
)


class RoleStyles(Widget):
    """An invisible widget with the style of every role, for all panels of its screen.

    One for a screen, not for a panel: Textual keeps some kilobytes for each, and styles them all
    again whenever the screen changes its classes.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"role--{role}" for role in ROLES}
    DEFAULT_CSS = "RoleStyles { display: none; }"

    def style(self, role: str, widget: Widget) -> Style:
        """The style of a role on a widget's background."""
        found = self.get_component_styles(f"role--{role}")
        ground = widget.background_colors[1] + found.background
        style = widget.rich_style + found.text_style + Style(bgcolor=ground.rich_color)
        if found.has_rule("color"):
            style += Style(color=(ground + found.color).rich_color)
        return style
