"""Tables of text cells: as aligned text, Markdown or CSV."""

import csv
import io
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

from workbench.formatting.text import columns, one_line


@dataclass(frozen=True)
class TextTable:
    """A title, headings and rows; the columns numbered in ``right`` hold numbers."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: frozenset[int] = field(default=frozenset())

    def text(self) -> str:
        """Aligned columns under the title."""
        table = columns([self.headings, *self.rows], sorted(self.right))
        return f"{one_line(self.title)}\n{table}"

    def markdown(self) -> str:
        """A Markdown table with its cells escaped."""
        rows = [[escape_markdown(cell) for cell in row] for row in (self.headings, *self.rows)]
        return markdown_table(rows, self.right)

    def csv(self) -> str:
        """Rows with a heading line."""
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([self.headings, *self.rows])
        return out.getvalue()


def markdown_table(rows: Sequence[Sequence[str]], right: Container[int]) -> str:
    """Rows as a Markdown table, headings first; columns numbered in ``right`` are right-aligned."""
    rule = ["---:" if index in right else "---" for index in range(len(rows[0]))]
    return "".join(f"| {' | '.join(row)} |\n" for row in (rows[0], rule, *rows[1:]))


def escape_markdown(text: str) -> str:
    """``text`` in one line, with Markdown's characters escaped."""
    return re.sub(r"([\\`*_{}\[\]<>#|!~&])", r"\\\1", one_line(text))
