"""Numbers with their units, aligned columns and one-line text, for terminals and files."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

NOTHING = "–"
BARE = re.compile(r"[A-Za-z/][\w./:-]*")  # a string that --set reads as itself without quotes
WORDS_OF_TOML = ("true", "false", "inf", "nan")


def one_line(text: str) -> str:
    """``text`` in one line, without control characters and thus without escape sequences."""
    flat = " ".join(text.splitlines()).replace("\t", " ")
    return "".join(mark for mark in flat if unicodedata.category(mark) not in ("Cc", "Cf", "Cs"))


def columns(rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    """Rows as columns two spaces apart; the columns numbered in ``right`` are right-aligned.

    Not rich's table: it wraps cells at the width of a console, which a pipe does not have.
    """
    clean = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in clean) for column in range(len(clean[0]))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in clean
    )


def percent(share: Any, digits: int = 1) -> str:
    """0.9144 → ``91.4 %``."""
    return f"{share * 100:.{digits}f} %" if _is_number(share) else NOTHING


def count(number: Any) -> str:
    """4771146 → ``4,771,146``."""
    return f"{round(number):,}" if _is_number(number) else NOTHING


def ordinal(number: int) -> str:
    """1 → ``1st``, 12 → ``12th``, 22 → ``22nd``."""
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def decimal(number: Any, digits: int) -> str:
    """1234.567 with one digit → ``1,234.6``."""
    return f"{number:,.{digits}f}" if _is_number(number) else NOTHING


def short(number: float) -> str:
    """4771146 → ``4.77 M``."""
    for unit, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(number) >= factor:
            return f"{number / factor:.3g} {unit}"
    return f"{number:.4g}"


def duration(seconds: Any, *, tight: bool = False, tenths: bool = True) -> str:
    """93.4 → ``1m 33s``, in two units at most; below ten seconds with a decimal if ``tenths``.

    ``tight`` leaves the space out.
    """
    if not _is_number(seconds):
        return NOTHING
    if tenths and seconds < 9.95:
        return f"{max(seconds, 0):.1f}s"
    whole = max(0, round(seconds))
    days, hours, minutes, rest = whole // 86400, whole // 3600 % 24, whole // 60 % 60, whole % 60
    gap = "" if tight else " "
    if days:
        return f"{days}d{gap}{hours:02d}h"
    if hours:
        return f"{hours}h{gap}{minutes:02d}m"
    return f"{minutes}m{gap}{rest:02d}s" if minutes else f"{rest}s"


def size(bytes_: Any) -> str:
    """5_500_000_000 → ``5.5 GB``, in powers of ten."""
    if not _is_number(bytes_):
        return NOTHING
    value, units = float(bytes_), ["B", "kB", "MB", "GB", "TB"]
    while value >= 1000 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.0f} B" if units[0] == "B" else f"{value:.1f} {units[0]}"


def toml_value(value: Any) -> str:
    """A configuration value as ``--set KEY=`` reads it back."""
    if isinstance(value, str) and BARE.fullmatch(value) and value not in WORDS_OF_TOML:
        return value
    # TOML's strings are JSON's, but for one control character.
    return json.dumps(value, default=str, ensure_ascii=False).replace("\x7f", "\\u007f")


def changes_text(changes: Mapping[str, Any]) -> str:
    """Changes from a preset as text: ``optimizer.lr=0.05, model.blocks=[2, 3]``."""
    return ", ".join(f"{key}={toml_value(value)}" for key, value in changes.items())


def _is_number(value: Any) -> bool:
    # The bounds leave out what is not finite, and integers that no float can hold.
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e300
