"""What a rebuilt run knows of itself."""

import pytest
import torch

from workbench.config.presets import load_preset
from workbench.models import build_model
from workbench.runs.store.folder import RunFolder
from workbench.training.inference.finished import FinishedRun, open_run, takes
from workbench.training.loop.devices import Compute


@pytest.mark.parametrize(
    ("preset", "taken"), [("simplenn/simplenn-cifar10", False), ("quick/digits", True)]
)
def test_a_network_with_a_fixed_input_takes_no_other_crop(
    preset: str, taken: bool, finished: RunFolder
) -> None:
    config = load_preset(preset)
    compute = Compute(torch.device("cpu"), "float32", channels_last=True)
    run = FinishedRun(finished, config, {}, compute, build_model(config).eval(), "last", 0)
    assert takes(run, run.crop)
    assert takes(run, run.crop - 3) is taken


def test_the_run_comes_back_in_evaluation_mode_with_its_classes(finished: RunFolder) -> None:
    run = open_run(finished, "best")
    assert not run.model.training
    assert run.classes == tuple("0123456789")
    assert run.crop == 8
