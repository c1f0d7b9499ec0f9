"""The layer table as text, Markdown and CSV: a tree by stage and block with subtotals.

Pure functions over the document of ``workbench summary --json``, for commands and screens.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal, get_args

from workbench.formatting.tables import markdown_table
from workbench.formatting.text import columns

Layer = Mapping[str, Any]
SortKey = Literal["order", "name", "type", "params", "macs", "share", "other_ops"]
SORT_KEYS: tuple[SortKey, ...] = get_args(SortKey)
SORT_TURNS: tuple[SortKey, ...] = ("order", "params", "macs", "name")  # one key's, on a screen
WORDS = ("name", "type")  # sorted by the alphabet; numbers come with the largest first
COLUMNS = ("name", "type", "kernel", "stride", "groups", "output", "params", "MACs", "share")
PARTS = re.compile(r"(\D*)(\d*)")  # of a name: words and the numbers after them
NUMERIC = frozenset(("groups", "params", "MACs", "share"))
RIGHT = frozenset(i for i, name in enumerate(COLUMNS) if name in NUMERIC)


@dataclass(frozen=True)
class Node:
    """A stage, a block or one layer, with the sums over its layers."""

    path: str  # "layer1.block2"; "" for the whole network
    label: str  # "layer 1 · 5 blocks", "conv 3×3"
    depth: int  # 0: the whole network
    output_shape: tuple[int, ...]  # of its last layer, [C, H, W] or [C]
    params: int
    macs: int
    other_ops: int
    share: float  # of the network's MACs
    children: tuple["Node", ...] = ()
    layer: Layer | None = None  # the row of the document, for a node without children

    def walk(self) -> Iterator["Node"]:
        """This node and all below it, in execution order, each before its children."""
        yield self
        for child in self.children:
            yield from child.walk()


def tree(summary: Mapping[str, Any], sort: SortKey = "order") -> Node:
    """Group the layers of a summary by the dots in their names; the root is the network.

    Sorted by a column, layers stay in their block and blocks in their stage: stages are
    sorted by their subtotals, the blocks of each by theirs, the layers of each block alone.
    """
    layers = summary["layers"]
    total = sum(layer["macs"] for layer in layers)
    children = _children(layers, "", 1, total)
    return _sorted(_sum("", "total", 0, children, total), sort)


def sort_layers(layers: Sequence[Layer], key: SortKey) -> list[Layer]:
    """All layers by one column, whatever their stage; ``order`` is that of execution.

    Numbers come with the largest first, words by the alphabet with ``block2`` before
    ``block10``; what is equal keeps the order of execution.
    """
    if key == "order":
        return list(layers)
    if key in WORDS:
        return sorted(layers, key=lambda layer: _natural(layer[key]))
    return sorted(layers, key=lambda layer: -layer[key])


def titled(column: str, sort: SortKey) -> str:
    """A column's title, with an arrow where the table is sorted by it."""
    if column.lower() != sort:
        return column
    return column + ("▲" if sort in WORDS else "▼")


def cells(node: Node) -> tuple[str, ...]:
    """The text of a node's row, one string a column of ``COLUMNS``."""
    layer = node.layer or {}
    return (
        node.label,
        layer.get("type", ""),
        times(layer.get("kernel", ())),
        times(_once_if_equal(layer.get("stride", ()))),
        number(layer.get("groups", 0)),
        times(node.output_shape),
        number(node.params),
        number(node.macs),
        f"{node.share:.1%}" if node.macs else "",
    )


def to_csv(summary: Mapping[str, Any], sort: SortKey = "order") -> str:
    """The plain rows, one a layer, as CSV with a header and without subtotals."""
    names = ["name", "type", "kind", "kernel", "stride", "groups", "output_shape"]
    names += ["params", "macs", "other_ops", "share", "note"]
    out = io.StringIO()
    writer = csv.DictWriter(out, names, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    for layer in sort_layers(summary["layers"], sort):
        shapes = {key: times(layer[key]) for key in ("kernel", "stride", "output_shape")}
        writer.writerow({**layer, **shapes, "share": f"{layer['share']:.6f}"})
    return out.getvalue()


def to_markdown(summary: Mapping[str, Any], sort: SortKey = "order") -> str:
    """The tree with subtotals in bold as a Markdown table, the total last."""
    rows: list[Sequence[str]] = [COLUMNS]
    for node in _total_last(summary, sort):
        name, *others = cells(node)
        name = name.replace("|", "\\|")
        bold = f"**{name}**" if node.children else name
        rows.append(["&nbsp;&nbsp;" * max(0, node.depth - 1) + bold, *others])
    return markdown_table(rows, RIGHT)


def to_text(
    summary: Mapping[str, Any], sort: SortKey = "order", *, depth: int | None = None
) -> str:
    """The tree as aligned text; ``depth`` 1 shows stages only, 2 blocks too, None everything."""
    nodes = [node for node in _total_last(summary, sort) if depth is None or node.depth <= depth]
    rows: list[tuple[str, ...]] = [COLUMNS]
    for node in nodes:
        name, *others = cells(node)
        rows.append(("  " * max(0, node.depth - 1) + name, *others))
    lines = columns(rows, sorted(RIGHT)).splitlines()
    rule = "─" * max(map(len, lines))
    return "\n".join([lines[0], rule, *lines[1:-1], rule, lines[-1], *remarks(summary)]) + "\n"


def remarks(summary: Mapping[str, Any]) -> list[str]:
    """The lines below the table: ptflops' count, uncounted operators, the budget."""
    opinion = summary["ptflops"]
    lines = []
    if opinion["macs"] is not None:
        lines.append(f"ptflops {opinion['macs']:,} ({opinion['convention']})")
    if opinion["note"]:
        lines.append(f"! ptflops: {opinion['note']}")
    lines += [f"! {row['name']}: {row['note']}" for row in summary["layers"] if row["note"]]
    budget = summary.get("budget")
    if budget:
        mark = "" if budget["within"] else ": over budget"
        lines.append(f"budget {budget['limit']:,} parameters, {budget['share']:.1%} used{mark}")
    return lines


def times(numbers: Sequence[int]) -> str:
    """64, 32, 32 -> ``64×32×32``."""
    return "×".join(map(str, numbers))


def number(value: int) -> str:
    """Thousands separated; empty for 0."""
    return f"{value:,}" if value else ""


def _once_if_equal(numbers: Sequence[int]) -> Sequence[int]:
    return numbers[:1] if len(set(numbers)) == 1 else numbers


def _children(layers: Sequence[Layer], prefix: str, depth: int, total: int) -> tuple[Node, ...]:
    def segment(layer: Layer) -> str:
        return str(layer["name"])[len(prefix) :].partition(".")[0]

    nodes = []
    for name, run in groupby(layers, key=segment):
        rows = list(run)
        path = prefix + name
        # A group may come apart where a shared layer runs again: each run is its own node.
        nodes += [_leaf(row, path, depth, total) for row in rows if row["name"] == path]
        below = [row for row in rows if row["name"] != path]
        if below:
            children = _children(below, f"{path}.", depth + 1, total)
            nodes.append(_sum(path, _group_label(name, children), depth, children, total))
    return tuple(nodes)


def _leaf(layer: Layer, path: str, depth: int, total: int) -> Node:
    return Node(
        path,
        _leaf_label(layer),
        depth,
        tuple(layer["output_shape"]),
        layer["params"],
        layer["macs"],
        layer["other_ops"],
        layer["macs"] / total if total else 0.0,
        layer=layer,
    )


def _sum(path: str, label: str, depth: int, children: tuple[Node, ...], total: int) -> Node:
    macs = sum(child.macs for child in children)
    return Node(
        path,
        label,
        depth,
        next((node.output_shape for node in reversed(children) if node.output_shape), ()),
        sum(child.params for child in children),
        macs,
        sum(child.other_ops for child in children),
        macs / total if total else 0.0,
        children,
    )


def _leaf_label(layer: Layer) -> str:
    name = str(layer["name"]).rpartition(".")[2]
    shape = times(layer["kernel"])
    if not shape or layer["kind"] != "conv":
        return name
    groups = layer["groups"]
    grouped = f" ÷{groups}" if groups > 1 else ""
    return f"{name} {shape}{grouped}"


def _group_label(name: str, children: Sequence[Node]) -> str:
    """``layer1`` with five blocks -> ``layer 1 · 5 blocks``."""
    words = re.sub(r"(?<=[a-z])(?=\d)", " ", name)
    kinds = {re.sub(r"\d+$", "", child.path.rpartition(".")[2]) for child in children}
    if len(kinds) == 1 and kinds != {""} and any(child.children for child in children):
        plural = "" if len(children) == 1 else "s"
        return f"{words} · {len(children)} {kinds.pop()}{plural}"
    return words


def _sorted(node: Node, key: SortKey) -> Node:
    """The same with the children of every group sorted by one column."""
    if key == "order":
        return node

    def place(child: Node) -> tuple[Any, ...]:
        if key == "name":
            return _natural(child.path)
        if key == "type":  # groups have none and come first
            return _natural(child.layer["type"] if child.layer else "")
        return (-getattr(child, key),)

    children = sorted((_sorted(child, key) for child in node.children), key=place)
    return replace(node, children=tuple(children))


def _natural(text: str) -> tuple[tuple[str, int], ...]:
    """A sort key by which ``block2`` is before ``block10``."""
    return tuple((word.lower(), int(digits or 0)) for word, digits in PARTS.findall(text))


def _total_last(summary: Mapping[str, Any], sort: SortKey) -> list[Node]:
    root, *rest = tree(summary, sort).walk()
    return [*rest, root]
