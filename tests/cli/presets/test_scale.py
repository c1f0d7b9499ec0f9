"""``workbench scale``: compound scaling of a preset."""

import shlex

from tests.cli.conftest import Workbench

FOOD = "scalable/resnet18-food11"


def test_the_scaled_network_of_study_3(workbench: Workbench) -> None:
    scaled = workbench(
        "scale", FOOD, "--depth", 1.5, "--width", 1.2, "--resolution", 1.3, "--json"
    ).document

    assert scaled["changes"]["model.blocks"] == [3, 3, 3, 3]
    assert scaled["changes"]["model.width"] == 76
    assert scaled["to"]["input"] == [3, 288, 288]
    assert scaled["from"] == {
        "input": [3, 224, 224], "params": 11_182_155, "macs": 1_813_566_976
    }  # fmt: skip


def test_the_printed_keys_ask_for_the_printed_cost(workbench: Workbench) -> None:
    params, macs, keys = workbench("scale", FOOD, "--width", 0.5).out.splitlines()

    summary = workbench("summary", FOOD, *shlex.split(keys), "--json").document
    assert params.endswith(f" {summary['params']:,}")
    assert macs.endswith(f" {summary['macs']:,}")


def test_what_cannot_be_scaled(workbench: Workbench) -> None:
    zero = workbench("scale", FOOD, "--depth", 0)
    other = workbench("scale", "simplenn/simplenn-cifar10", "--depth", 2)

    assert (zero.status, other.status) == (2, 2)
    assert "depth: must be a finite number above 0" in zero.err
    assert "model.kind: simplenn has no blocks and width to scale" in other.err
