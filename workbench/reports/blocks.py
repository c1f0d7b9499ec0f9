"""What a report is made of, before it is Markdown or HTML."""

from dataclasses import dataclass

from workbench.formatting.tables import TextTable


@dataclass(frozen=True)
class Heading:
    """A heading of level 1 (the report's own) to 3."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Paragraph:
    """Plain words."""

    text: str


@dataclass(frozen=True)
class Chart:
    """A plot as SVG; ``name`` is its file's where it has one of its own."""

    name: str
    title: str
    svg: str


Block = Heading | Paragraph | TextTable | Chart
