"""Numbers and names for screens: cut to a width in cells, and without control characters."""

import re

from rich.cells import cell_len, set_cell_size

from workbench.formatting import text as plain

ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
# C0 and C1 controls, and the marks that turn the direction of what follows.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def clean(text: object) -> str:
    """Text from outside without escape sequences and control characters."""
    return CONTROL.sub("�", ESCAPE.sub("", str(text)))


def fit(text: str, width: int) -> str:
    """``text`` in exactly ``width`` cells, an ellipsis where something was cut off."""
    if cell_len(text) > width:
        return set_cell_size(text, max(0, width - 1)) + "…"[: max(0, width)]
    return set_cell_size(text, width)


def cut_middle(text: str, width: int) -> str:
    """``text`` in at most ``width`` cells; of a longer one the middle goes: ``lr-si…-0.1``."""
    if cell_len(text) <= width or width < 3:
        return text
    end = (width - 1) * 2 // 3
    return f"{text[: width - 1 - end]}…{text[-end:]}"


def right(text: str, width: int) -> str:
    """``text`` at the right end of ``width`` cells."""
    return " " * (width - cell_len(text)) + text


def short_count(value: float | None) -> str:
    """A count in at most six cells: 4,771 k is 4.77 M."""
    if value is None:
        return "–"
    for size, unit in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g} {unit}" if value < 1e15 else f"{value:.0e}"
    return f"{value:.0f}"


def number(value: float | None) -> str:
    """A loss or a rate: four significant digits, short where it is small."""
    if value is None:
        return "–"
    size = abs(value)
    if size == 0:
        return "0"
    if size < 1e-3 or size >= 1e5:
        return f"{value:.2e}"
    return f"{value:.4f}"[:6] if size < 10 else f"{value:.5g}"


def duration(seconds: float | None, *, tight: bool = False) -> str:
    """``27m 40s``: as :func:`workbench.formatting.text.duration`, in whole seconds."""
    return plain.duration(seconds, tight=tight, tenths=False)


def memory(used: float | None, total: float | None = None) -> str:
    """Bytes as gigabytes, of how many where that is known."""
    if used is None:
        return "–"
    return f"{used / 1e9:.1f}/{total / 1e9:.0f} GB" if total else f"{used / 1e9:.1f} GB"


def bar(share: float, width: int) -> tuple[str, str]:
    """A bar of ``width`` cells as its filled part, in half cells, and the rest of its track."""
    halves = round(max(0.0, min(1.0, share)) * width * 2)
    full, half = divmod(halves, 2)
    filled = "━" * full + "╸" * half
    return filled, "━" * (width - len(filled))
