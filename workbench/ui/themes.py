"""The light and the dark theme, and the colours with a meaning.

Style sheets use these variables and no colour: ``$training`` and ``$validation`` for the two
curves, ``$good`` and ``$bad``, ``$changed`` for edited values, ``$muted`` for secondary text,
``$curve1`` … for further curves of a plot.
"""

from textual.theme import Theme

MEANINGS = {
    "training": "#5fafff",
    "validation": "#ffaf5f",
    "good": "#87d787",
    "bad": "#ff8787",
    "changed": "#d7afff",
    "muted": "#8a929c",
    "curve1": "#7fd75f",
    "curve2": "#ff7fdf",
    "curve3": "#3fe0d0",
    "curve4": "#f5f06a",
    "curve5": "#ff5f6f",
    "curve6": "#a98bff",
}
MEANINGS_LIGHT = {
    "training": "#005faf",
    "validation": "#af5f00",
    "good": "#2e7d32",
    "bad": "#b3261e",
    "changed": "#7b3fb5",
    "muted": "#5c646d",
    "curve1": "#1f8a2f",
    "curve2": "#c9188f",
    "curve3": "#008b93",
    "curve4": "#8a8a00",
    "curve5": "#d01f2f",
    "curve6": "#6a3fd0",
}

DARK = Theme(
    name="workbench-dark",
    primary="#5fafff",
    secondary="#8a929c",
    accent="#ffaf5f",
    foreground="#d8dde3",
    background="#14171a",
    surface="#1a1e22",
    panel="#252a30",
    success="#87d787",
    warning="#ffd75f",
    error="#ff8787",
    dark=True,
    variables={**MEANINGS, "footer-key-foreground": "#ffaf5f", "footer-background": "#1a1e22"},
)
LIGHT = Theme(
    name="workbench-light",
    primary="#005faf",
    secondary="#5c646d",
    accent="#af5f00",
    foreground="#1d2126",
    background="#fbfbf9",
    surface="#f3f3f0",
    panel="#e6e6e1",
    success="#2e7d32",
    warning="#8a6100",
    error="#b3261e",
    dark=False,
    variables={
        **MEANINGS_LIGHT,
        "footer-key-foreground": "#af5f00",
        "footer-background": "#f3f3f0",
    },
)
THEMES = (DARK, LIGHT)
