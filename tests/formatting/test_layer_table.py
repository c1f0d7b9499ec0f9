"""The layer table as text, Markdown and CSV."""

import csv
import io
import subprocess
import sys
from typing import Any

import pytest

from workbench.analysis import summarize
from workbench.config.presets import load_preset
from workbench.formatting import layer_table


@pytest.fixture(scope="module")
def summary() -> dict[str, Any]:
    return summarize(load_preset("resnet/resnet-5m-cifar10"), budget=4_000_000)


def test_subtotals_per_stage_and_block(summary: dict[str, Any]) -> None:
    nodes = {node.path: node for node in layer_table.tree(summary).walk()}

    assert nodes[""].params == 4_771_146
    assert nodes[""].macs == 874_187_264
    assert nodes["layer1"].params == 369_920
    assert nodes["layer1"].macs == 377_487_360
    assert nodes["layer1.block1"].macs == 75_497_472
    assert nodes["layer3"].output_shape == (256, 8, 8)


def test_each_node_is_the_sum_of_its_children(summary: dict[str, Any]) -> None:
    for node in layer_table.tree(summary).walk():
        if node.children:
            assert node.params == sum(child.params for child in node.children)
            assert node.macs == sum(child.macs for child in node.children)


def test_labels(summary: dict[str, Any]) -> None:
    labels = [node.label for node in layer_table.tree(summary).walk()]

    assert "layer 1 · 5 blocks" in labels
    assert "conv1 3×3" in labels
    assert "block 5" in labels


def test_grouped_convolutions_say_so() -> None:
    summary = summarize(load_preset("smallnets/separable-cifar10"))

    labels = [node.label for node in layer_table.tree(summary).walk()]
    assert "depthwise 5×5 ÷3" in labels


def test_text(summary: dict[str, Any]) -> None:
    lines = layer_table.to_text(summary).splitlines()

    assert lines[0].split() == [
        "name", "type", "kernel", "stride", "groups", "output", "params", "MACs", "share"
    ]  # fmt: skip
    total = next(line for line in lines if line.startswith("total"))
    assert total.split() == ["total", "10", "4,771,146", "874,187,264", "100.0%"]
    assert lines[-1] == "budget 4,000,000 parameters, 119.3% used: over budget"
    assert any(line.startswith("ptflops 878,610,954") for line in lines)


def test_text_of_stages_alone(summary: dict[str, Any]) -> None:
    lines = layer_table.to_text(summary, depth=1).splitlines()
    names = [line.split("  ")[0] for line in lines[2:8]]

    assert names[:5] == [
        "stem", "layer 1 · 5 blocks", "layer 2 · 4 blocks", "layer 3 · 3 blocks", "head"
    ]  # fmt: skip


def test_markdown_has_a_row_a_node_and_one_width(summary: dict[str, Any]) -> None:
    lines = layer_table.to_markdown(summary).splitlines()
    nodes = list(layer_table.tree(summary).walk())

    assert len(lines) == 2 + len(nodes)
    assert {line.count("|") for line in lines} == {len(layer_table.COLUMNS) + 1}
    assert lines[-1].startswith("| **total** |")


def test_csv_has_the_plain_rows(summary: dict[str, Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(layer_table.to_csv(summary))))

    assert [row["name"] for row in rows] == [layer["name"] for layer in summary["layers"]]
    assert sum(int(row["macs"]) for row in rows) == summary["macs"]
    assert rows[0]["output_shape"] == "64×32×32"


@pytest.mark.parametrize("key", ["params", "macs", "share", "other_ops"])
def test_rows_by_a_number_come_with_the_largest_first(
    summary: dict[str, Any], key: layer_table.SortKey
) -> None:
    values = [layer[key] for layer in layer_table.sort_layers(summary["layers"], key)]

    assert values == sorted(values, reverse=True)


def test_rows_by_a_word_come_by_the_alphabet_and_by_numbers_in_it() -> None:
    rows = [{"name": name} for name in ("layer10.conv", "layer2.conv", "head", "layer2.act")]

    names = [layer["name"] for layer in layer_table.sort_layers(rows, "name")]
    assert names == ["head", "layer2.act", "layer2.conv", "layer10.conv"]
    assert layer_table.sort_layers(rows, "order") == rows


@pytest.mark.parametrize("key", ["params", "macs"])
def test_a_sorted_tree_is_sorted_in_every_group_and_keeps_its_sums(
    summary: dict[str, Any], key: layer_table.SortKey
) -> None:
    sums = {
        node.path: (node.params, node.macs, node.output_shape)
        for node in layer_table.tree(summary).walk()
    }
    nodes = list(layer_table.tree(summary, key).walk())

    assert [node.path for node in nodes] != list(sums)
    assert {node.path: (node.params, node.macs, node.output_shape) for node in nodes} == sums
    for node in nodes:
        values = [getattr(child, key) for child in node.children]
        assert values == sorted(values, reverse=True)
        assert all(child.path.startswith(node.path) for child in node.children)


def test_a_tree_by_type_has_the_groups_first(summary: dict[str, Any]) -> None:
    block = next(
        node for node in layer_table.tree(summary, "type").walk() if node.path == "layer2.block1"
    )
    types = [child.layer["type"] if child.layer else "" for child in block.children]

    assert types[0] == ""  # the shortcut
    assert types == sorted(types, key=str.lower)


def test_every_layout_can_be_sorted(summary: dict[str, Any]) -> None:
    text = layer_table.to_text(summary, "params", depth=1).splitlines()
    markdown = layer_table.to_markdown(summary, "params").splitlines()
    rows = list(csv.DictReader(io.StringIO(layer_table.to_csv(summary, "params"))))

    assert text[2].startswith("layer 3") and text[6].startswith("stem")
    assert markdown[2].startswith("| **layer 3")
    assert int(rows[0]["params"]) == 589_824  # a 3×3 convolution of 256 channels

    assert layer_table.titled("params", "params") == "params▼"
    assert layer_table.titled("name", "name") == "name▲"
    assert layer_table.titled("MACs", "order") == "MACs"


def test_a_shared_layer_keeps_its_place_each_time() -> None:
    def row(name: str, macs: int) -> dict[str, Any]:
        shape = {"output_shape": [1], "kernel": [], "stride": [], "groups": 0}
        return {"name": name, "type": "Linear", "kind": "linear", "params": 0, "macs": macs,
                "other_ops": 0, "share": 0.0, "note": "", **shape}  # fmt: skip

    table = {"layers": [row("a.x", 1), row("b", 2), row("a.x", 4)]}

    assert [node.macs for node in layer_table.tree(table).children] == [1, 2, 4]


def test_it_needs_no_torch() -> None:
    names = "workbench.formatting.layer_table, workbench.config.scaling"
    code = f"import sys, {names}; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_parameter_outside_of_layers_gives_no_output() -> None:
    config = load_preset("zoo/torchvision-imagefolder", {"model.name": "vit_b_32", "data.size": 64})

    assert layer_table.tree(summarize(config)).output_shape == (10,)
