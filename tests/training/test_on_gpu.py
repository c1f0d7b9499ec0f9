"""What only a GPU can show: captured steps are the steps, to the bit; `pytest -m gpu`."""

from typing import Any

import pytest
import torch

from tests.training.compiled.every_preset import NAMES, preset_trainer
from tests.training.compiled.test_capture import CHANGES, notices, work
from tests.training.compiled.test_static_step import differing, everything
from tests.training.conftest import Prepare, training_events
from workbench.runs.history.verify import verify
from workbench.runs.live.lineage import make_replay
from workbench.training.compiled import capture
from workbench.training.compiled.static_step import StaticStep
from workbench.training.loop import memory
from workbench.training.loop.trainer import StopTraining
from workbench.training.worker import main as worker
from workbench.training.worker.callbacks import Callbacks

pytestmark = pytest.mark.gpu

GPU = {"train__device": "cuda:0", "train__deterministic": True}


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_captured_is_the_preset_uncaptured(name: str) -> None:
    def make() -> Any:
        return preset_trainer(name, train__grad_norm_every=2, **GPU)

    plain, captured = make(), make()
    assert capture.capture(captured) == ""
    plain.model.train()
    for _ in range(5):
        ordinary, _ = plain.train_step()
        replayed, _ = captured.captured()
        assert {n: float(v) for n, v in replayed.items()} == {
            n: float(v) for n, v in ordinary.items()
        }
    assert differing(everything(plain), everything(captured)) == []
    assert plain.meter.result() == captured.meter.result()


@pytest.mark.parametrize(
    "kind", ["sgd", "adam", "adamw", "adamax", "nadam", "radam", "adadelta", "rmsprop", "muon"]
)
def test_every_optimizer_can_be_captured(kind: str, new_run: Prepare) -> None:
    changes = GPU | {"optimizer__kind": kind, "optimizer__lr": 0.01}
    plain = new_run("plain", train__compile="off", **changes)
    captured = new_run("captured", train__compile="graphs", **changes)
    expected, record = work(plain), work(captured)
    assert notices(captured) == [] and record["environment"]["compile"] == "graphs"
    assert record["result"]["weights_sha256"] == expected["result"]["weights_sha256"]


def test_a_captured_run_is_the_run_with_dropout_flips_and_clipping(new_run: Prepare) -> None:
    plain = new_run("plain", train__compile="off", **CHANGES, **GPU)
    captured = new_run("captured", train__compile="graphs", **CHANGES, **GPU)
    expected, record = work(plain), work(captured)
    assert notices(captured) == [] and record["environment"]["compile"] == "graphs"
    assert training_events(captured) == training_events(plain)
    assert record["result"]["weights_sha256"] == expected["result"]["weights_sha256"]


def test_auto_captures_and_a_replay_repeats_it(new_run: Prepare) -> None:
    original = new_run("original", **CHANGES, **GPU)
    record = work(original)
    assert record["environment"]["compile"] == "graphs", record["environment"]
    replay = make_replay(original, original.path.parent, name="again")
    work(replay)
    verdict = verify(original, replay)
    assert verdict.same and verdict.exact and verdict.weights_equal


def test_killed_and_resumed_it_comes_to_the_same(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, broken = new_run("whole", **CHANGES, **GPU), new_run("broken", **CHANGES, **GPU)
    expected = work(whole)
    real = Callbacks.step_done

    def stop(self: Callbacks, trainer: Any, losses: Any, lr: float) -> None:
        real(self, trainer, losses, lr)
        if trainer.step == 6:
            raise StopTraining

    with monkeypatch.context() as patch:
        patch.setattr(Callbacks, "step_done", stop)
        worker.work(broken)
    record = work(broken)
    assert record["result"]["weights_sha256"] == expected["result"]["weights_sha256"]
    assert training_events(broken) == training_events(whole)


def test_memory_that_runs_out_is_told_with_the_batch_that_fits() -> None:
    trainer = preset_trainer("resnet/resnet18-cifar10", train__batch_size=4096, **GPU)
    total = torch.cuda.get_device_properties(0).total_memory
    used = torch.cuda.memory_reserved()
    try:
        torch.cuda.set_per_process_memory_fraction((used + (2 << 30)) / total)
        with pytest.raises(torch.OutOfMemoryError):
            trainer.train_step()
        told = str(memory.explain(trainer))
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert "cuda memory ran out at train.batch_size = 4096" in told and "would fit" in told


def test_after_a_capture_that_fails_it_trains_on(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = new_run("plain", train__compile="off", **CHANGES, **GPU)
    expected = work(plain)
    real = StaticStep.run

    def reading(self: StaticStep, norm: bool) -> None:
        real(self, norm)
        if torch.cuda.is_current_stream_capturing():
            self.rows.sum().item()

    monkeypatch.setattr(StaticStep, "run", reading)
    folder = new_run("failed", train__compile="graphs", **CHANGES, **GPU)
    record = work(folder)
    (notice,) = notices(folder)
    assert "cannot be captured" in notice and record["environment"]["compile"] == "off"
    assert record["result"]["weights_sha256"] == expected["result"]["weights_sha256"]
