"""The mean of the logits of several views."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from tests.training.conftest import Prepare
from workbench.config import build_config
from workbench.config.fitting import resolve
from workbench.config.sections.augment import AugmentConfig
from workbench.errors import ConfigError
from workbench.training.inference.evaluate_run import Asked, evaluate_run
from workbench.training.inference.finished import open_run
from workbench.training.inference.predict import predict
from workbench.training.loop.test_time_augmentation import Views, eval_model
from workbench.training.worker import main as worker


class Corner(nn.Module):
    """Its logits are the images' first pixels."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x[:, :, 0, 0]


def test_without_views_the_network_itself_is_judged() -> None:
    network = Corner()
    assert eval_model(network, AugmentConfig()) is network


def test_views_are_weighed() -> None:
    images = torch.arange(32.0).view(2, 1, 4, 4)
    own, mirrored = images[:, :, 0, 0], images[:, :, 0, 3]

    flipped = eval_model(Corner(), AugmentConfig(test_flip=True))(images)
    moved = eval_model(Corner(), AugmentConfig(test_shift=1))(images)

    assert torch.equal(flipped, (own + mirrored) / 2)
    # Moved to one corner its first pixel is [1, 1] mirrored at the border, to the other [1, 1].
    assert torch.equal(moved, own / 2 + images[:, :, 1, 1] / 2)


def test_the_mode_reaches_the_network() -> None:
    network = Corner()
    wrapped = Views(network.eval(), flip=True, shift=0)
    assert not wrapped.training
    wrapped.train()
    assert network.training


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"augment.test_shift": 8}, "augment.test_shift: must be less than the side"),
        (
            {
                "task.kind": "proposals",
                "model.kind": "rpn",
                "data.name": "scenes",
                "data.source": "digits",
                "augment.test_flip": True,
            },
            "augment.test_flip: moves images but not their boxes",
        ),
    ],
)
def test_views_that_cannot_be_are_refused(changes: dict[str, Any], words: str) -> None:
    tables = {
        "model": {"kind": "resnet", "blocks": [1]},
        "data": {"name": "digits"},
        "train": {"epochs": 1},
    }
    with pytest.raises(ConfigError, match=words):
        resolve(build_config(tables, changes))


def test_a_finished_run_answers_as_it_was_judged(new_run: Prepare, tmp_path: Path) -> None:
    folder = new_run(augment__test_flip=True, augment__test_shift=1, train__epochs=1)
    worker.work(folder)
    run = open_run(folder, device="cpu")
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8)
    Image.fromarray(pixels).save(tmp_path / "image.png")

    (answer,) = predict(folder, [tmp_path / "image.png"], device="cpu", top=1)
    images = run.transform(*run.normalisation, 8)(torch.from_numpy(pixels)[None, None])
    with torch.inference_mode():
        by_views = run.eval_model(images).softmax(dim=1).max().item()
        by_itself = run.model(images).softmax(dim=1).max().item()

    assert answer.top[0][1] == pytest.approx(by_views, rel=1e-6)
    assert answer.top[0][1] != pytest.approx(by_itself, rel=1e-6)
    recorded = run.recorded("result", "test_accuracy")
    assert evaluate_run(folder, Asked(device="cpu"))["test_accuracy"] == recorded
