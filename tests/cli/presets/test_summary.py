"""``workbench summary``: the network's cost as a table, CSV, Markdown and JSON."""

import csv
import io

from tests.cli.conftest import Workbench

SIMPLE = "simplenn/simplenn-cifar10"


def test_json_adds_up(workbench: Workbench) -> None:
    summary = workbench("summary", SIMPLE, "--json").document
    assert summary["preset"] == SIMPLE
    assert summary["input"] == [3, 32, 32]
    assert summary["params"] == 82_030  # study 4
    assert sum(layer["params"] for layer in summary["layers"]) == summary["params"]
    assert sum(layer["macs"] for layer in summary["layers"]) == summary["macs"]
    assert sum(summary["macs_by_type"].values()) == summary["macs"]
    assert summary["ptflops"]["params"] == 82_030
    assert len(summary["lr_per_epoch"]) == 30


def test_keys_and_input_can_be_changed(workbench: Workbench) -> None:
    changed = workbench("summary", SIMPLE, "--set", "model.norm=true", "--json").document
    # A norm has two weights a channel, and takes the place of the convolution's bias.
    assert changed["params"] == 82_030 + 2 * (
        8 + 16
    )  # the norm alone: biases stay, as in the study
    wider = workbench("summary", "resnet/resnet18-cifar10", "--input", "1x64x48", "--json").document
    assert wider["input"] == [1, 64, 48]
    assert wider["layers"][0]["output_shape"] == [64, 64, 48]


def test_an_input_that_the_network_cannot_take(workbench: Workbench) -> None:
    result = workbench("summary", SIMPLE, "--input", "3x8x8")
    assert result.status == 2 and result.err.count("\n") == 1 and "12×12" in result.err


def test_budget(workbench: Workbench) -> None:
    over = workbench("summary", SIMPLE, "--budget", "80000")
    assert over.status == 1 and "over budget" in over.out
    within = workbench("summary", SIMPLE, "--budget", "82030", "--json")
    assert within.status == 0 and within.document["budget"]["within"]


def test_formats(workbench: Workbench) -> None:
    table = workbench("summary", SIMPLE).out
    assert "82,030" in table and "716,328" in table
    rows = list(csv.DictReader(io.StringIO(workbench("summary", SIMPLE, "--format", "csv").out)))
    assert sum(int(row["params"]) for row in rows) == 82_030
    markdown = workbench("summary", SIMPLE, "--format", "markdown").out
    assert all(line.startswith("| ") for line in markdown.splitlines())


def test_sorting(workbench: Workbench) -> None:
    layers = workbench("summary", SIMPLE, "--json", "--sort", "MACs").document["layers"]
    macs = [layer["macs"] for layer in layers]
    assert macs == sorted(macs, reverse=True) and macs[0] > macs[-1]
    assert len(layers) == len(workbench("summary", SIMPLE, "--json").document["layers"])
    table = workbench("summary", SIMPLE, "--sort", "params").out
    assert table != workbench("summary", SIMPLE).out
    assert "82,030" in table and "716,328" in table


def test_a_column_that_there_is_not(workbench: Workbench) -> None:
    result = workbench("summary", SIMPLE, "--sort", "weight")
    assert result.status == 2 and result.err.count("\n") == 1
    assert "'weight'" in result.err and "'params', 'macs'" in result.err
