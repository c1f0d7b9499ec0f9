"""What a network that asks for it is shown before its first step, and when."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.training.conftest import Prepare
from workbench.data import Split
from workbench.models.speednet import SpeedNet
from workbench.runs.store.events import read_events
from workbench.training.loop import assembly
from workbench.training.loop.trainer import StopTraining
from workbench.training.worker import main as worker
from workbench.training.worker.callbacks import Callbacks


class Asks(nn.Module):
    def prepare(self, images: Tensor) -> None:
        self.seen = images[:, 0, 0, 0].tolist()


def shown(network: nn.Module, count: int) -> list[str]:
    """Show a network what it asks for; gives what the person is told meanwhile."""
    said: list[str] = []
    images = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 4, 4)
    trainer: Any = SimpleNamespace(
        model=network,
        batches=SimpleNamespace(split=Split(images.contiguous(), {})),
        evaluator=SimpleNamespace(transform=lambda batch: batch.float()),
    )
    assembly.prepare(trainer, said.append)
    return said


@pytest.mark.parametrize(
    ("images", "pixels", "rows"),
    [(5, 16_000, [0, 2, 4, 6, 8]), (5000, 64, [0, 2, 5, 7]), (50, 16_000, list(range(10)))],
)
def test_images_are_spread_over_the_split_and_bounded(
    monkeypatch: pytest.MonkeyPatch, images: int, pixels: int, rows: list[int]
) -> None:
    monkeypatch.setattr(assembly, "PREPARED_FROM", images)
    monkeypatch.setattr(assembly, "PREPARED_PIXELS", pixels)
    network = Asks()
    assert shown(network, 10) == [assembly.PREPARING]
    assert network.seen == rows


def test_who_does_not_ask_is_not_shown() -> None:
    assert shown(nn.Linear(1, 1), 10) == []


def test_only_before_the_first_step(new_run: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    real_prepare, real_done = SpeedNet.prepare, Callbacks.step_done

    def prepare(self: SpeedNet, images: Tensor) -> None:
        calls.append(len(images))
        real_prepare(self, images)

    def stop(self: Callbacks, trainer: Any, losses: Any, lr: float) -> None:
        real_done(self, trainer, losses, lr)
        if trainer.step == 3:
            raise StopTraining

    monkeypatch.setattr(SpeedNet, "prepare", prepare)
    folder = new_run(model__kind="speednet", model__widths=[8])
    with monkeypatch.context() as patch:
        patch.setattr(Callbacks, "step_done", stop)
        worker.work(folder)
    worker.work(folder)

    assert calls == [230]
    steps = [event["step"] for event in read_events(folder.metrics) if event["event"] == "step"]
    assert steps == list(range(1, 9))
