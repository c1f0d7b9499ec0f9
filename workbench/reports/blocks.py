"""The blocks of a report: headings, paragraphs, tables, charts."""

from dataclasses import dataclass

from workbench.formatting.tables import TextTable


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 (the report's own) to 3."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of plain text."""

    text: str


@dataclass(frozen=True)
class Chart:
    """A chart as SVG; ``name`` becomes its file name in a Markdown report."""

    name: str
    title: str
    svg: str


Block = Heading | Paragraph | TextTable | Chart
