"""Writes reports: Markdown with charts as files, or one HTML file with everything."""

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from workbench.exports.tables import write
from workbench.formatting.tables import TextTable, escape_markdown
from workbench.reports.blocks import Block, Chart, Heading, Paragraph

NUMBER = ' class="n"'
STYLE = """
body { font: 15px/1.5 sans-serif; color: #222; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: .5rem 0 1.5rem; font-size: 13px; }
th, td { border-bottom: 1px solid #ddd; padding: .15rem .6rem; text-align: left; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
tr:nth-child(even) { background: #f7f7f7; }
svg { max-width: 100%; height: auto; display: block; margin: .5rem 0 1rem; }
"""


def write_markdown(blocks: Sequence[Block], target: Path) -> list[Path]:
    """Write a Markdown file, and its plots as SVG files in ``<its name>-plots/``."""
    plots = target.with_name(f"{target.stem}-plots")
    written, parts = [], []
    for number, block in enumerate(blocks):
        if isinstance(block, Chart):
            path = plots / f"{number:02d}-{_file_name(block.name)}.svg"
            written.append(write(path, block.svg.encode()))
            link = quote(f"{plots.name}/{path.name}")
            parts.append(f"![{escape_markdown(block.title)}]({link})\n")
        else:
            parts.append(_markdown(block))
    return [write(target, "\n".join(parts).encode()), *written]


def write_html(blocks: Sequence[Block], target: Path) -> list[Path]:
    """Write one HTML file, without scripts or other files."""
    return [write(target, html(blocks).encode())]


def html(blocks: Sequence[Block]) -> str:
    """The report as an HTML document; all text is escaped."""
    title = next((block.text for block in blocks if isinstance(block, Heading)), "Report")
    body = "\n".join(_html(block) for block in blocks)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _markdown(block: Heading | Paragraph | TextTable) -> str:
    match block:
        case Heading(text, level):
            return f"{'#' * level} {escape_markdown(text)}\n"
        case Paragraph(text):
            return f"{escape_markdown(text)}\n"
        case TextTable():
            return f"**{escape_markdown(block.title)}**\n\n{block.markdown()}"


def _html(block: Block) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Paragraph(text):
            return f"<p>{escape(text)}</p>"
        case Chart():
            return block.svg
        case TextTable():
            return _table(block)


def _table(table: TextTable) -> str:
    def row(cells: Sequence[str], tag: str) -> str:
        inner = "".join(
            f"<{tag}{NUMBER if index in table.right else ''}>{escape(cell)}</{tag}>"
            for index, cell in enumerate(cells)
        )
        return f"<tr>{inner}</tr>"

    rows = "\n".join(row(cells, "td") for cells in table.rows)
    return (
        f"<h4>{escape(table.title)}</h4>\n<table>\n"
        f"<thead>{row(table.headings, 'th')}</thead>\n<tbody>\n{rows}\n</tbody>\n</table>"
    )


def _file_name(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:80].strip("-.") or "plot"
