"""Two gloo processes against one: the same images, losses, metrics and, with parts, bits."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.distributed.cases import CASES, run_case

Found = dict[str, dict[str, Any]]
PARTED = ("four parts", "skip", "segmentation", "multilabel", "detection")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """What two processes find, started once for all tests."""
    out = tmp_path_factory.mktemp("two") / "found.json"
    root = Path(__file__).parents[3]
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
        *("-m", "tests.training.distributed.cases", str(out)),
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)}
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=240
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: Found = json.loads(out.read_text())
    return found


@pytest.fixture(scope="module")
def one() -> Found:
    """What one process finds, with as many threads as each of the two has."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return {name: json.loads(json.dumps(run_case(name))) for name in CASES}
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("name", [name for name in CASES if name != "accumulate"])
def test_the_processes_together_have_the_batch_that_one_has(
    one: Found, two: Found, name: str
) -> None:
    """Order, crops, flips, cutout, mixing partners and shares: every image in its place."""
    assert two[name]["images"] == one[name]["images"]


def test_without_batch_norm_the_losses_are_those_of_one_process(one: Found, two: Found) -> None:
    assert two["no norm"]["losses"] == pytest.approx(one["no norm"]["losses"], abs=1e-5)
    assert two["no norm"]["metrics"]["loss"] == pytest.approx(
        one["no norm"]["metrics"]["loss"], abs=1e-5
    )


def test_with_batch_norm_each_process_has_statistics_of_its_own(one: Found, two: Found) -> None:
    assert two["plain"]["losses"][0] != pytest.approx(one["plain"]["losses"][0], abs=1e-3)


def test_synchronised_batch_norm_is_that_of_one_process(one: Found, two: Found) -> None:
    assert two["sync"]["losses"] == pytest.approx(one["sync"]["losses"], abs=1e-4)
    # The running statistics too: the validation loss uses nothing else.
    assert two["sync"]["metrics"]["loss"] == pytest.approx(one["sync"]["metrics"]["loss"], abs=1e-4)


@pytest.mark.parametrize("name", PARTED)
def test_with_parts_every_bit_is_that_of_one_process(one: Found, two: Found, name: str) -> None:
    assert two[name]["losses"] == one[name]["losses"]
    assert two[name]["hash"] == one[name]["hash"]
    assert two[name]["train"] == one[name]["train"]
    assert two[name]["metrics"] == one[name]["metrics"]
    assert two[name]["worst"] == one[name]["worst"]


def test_each_image_is_evaluated_once(two: Found) -> None:
    metrics = two["plain"]["metrics"]
    assert metrics["total"] == sum(each["total"] for each in metrics["per_class"].values()) == 143


def test_accumulated_parts_of_two_processes_learn_as_parts_do(two: Found) -> None:
    assert all(torch.isfinite(torch.tensor(two["accumulate"]["losses"])))
    assert two["accumulate"]["train"]["loss"] == pytest.approx(
        sum(two["accumulate"]["losses"]) / len(two["accumulate"]["losses"]), rel=1e-6
    )
