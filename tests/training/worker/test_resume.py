"""A run that was interrupted goes on to the same bits as one that was not."""

from typing import Any

import pytest
from safetensors.torch import load_file

from tests.training.conftest import Prepare, training_events
from workbench.runs.store.events import read_events
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.training.loop.trainer import StopTraining
from workbench.training.worker import main as worker
from workbench.training.worker.callbacks import Callbacks

VARIANTS: list[dict[str, Any]] = [
    {"optimizer__kind": "adamw", "model__dropout": 0.3},
    {"optimizer__kind": "sgd", "optimizer__nesterov": True, "augment__hflip": 0.5},
    {
        "model__kind": "speednet",
        "model__widths": [8, 12],
        "optimizer__bias_lr_factor": 4.0,
        "augment__hflip": 0.5,
        "augment__hflip_mode": "alternating",
        "augment__test_flip": True,
    },
    {"optimizer__kind": "muon", "optimizer__fixed_norm": True, "optimizer__lr": 0.05},
    {"schedule__kind": "plateau", "schedule__patience": 0, "train__precision": "bfloat16"},
    {
        "train__steps": 7,
        "train__epochs": 0,
        "optimizer__clip_norm": 0.5,
        "optimizer__decay_norms": False,
    },
]


def work(folder: RunFolder) -> dict[str, Any]:
    worker.work(folder)
    return read_record(folder.record)


def stop_after(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the next worker told to stop once it has made this many steps."""
    real = Callbacks.step_done

    def step_done(self: Callbacks, trainer: Any, losses: Any, lr: float) -> None:
        real(self, trainer, losses, lr)
        if trainer.step == step:
            raise StopTraining

    monkeypatch.setattr(Callbacks, "step_done", step_done)


@pytest.mark.parametrize("changes", VARIANTS, ids=lambda changes: next(iter(changes.values())))
@pytest.mark.parametrize("step", [1, 4, 6])  # of 4 an epoch: within, at the end, within the second
def test_resumed_equals_undisturbed(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], step: int
) -> None:
    calm, broken = new_run("calm", **changes), new_run("broken", **changes)
    expected = work(calm)
    with monkeypatch.context() as patch:
        stop_after(step, patch)
        assert work(broken)["run"]["status"] == "stopped"
    record = work(broken)
    assert record["run"]["status"] == "finished"
    assert record["result"]["weights_sha256"] == expected["result"]["weights_sha256"]
    assert training_events(broken) == training_events(calm)


def test_a_plateau_that_waits_goes_on_waiting(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No epoch after the first falls by half, so the second waits and the third reduces: the
    # fourth learns at another rate only if the wait of the second outlived the stop.
    changes: dict[str, Any] = {
        "schedule__kind": "plateau",
        "schedule__warmup": 0.0,
        "schedule__patience": 1,
        "schedule__threshold": 0.5,
        "schedule__factor": 0.5,
        "train__epochs": 4,
        "optimizer__lr": 1e-3,
    }
    calm, broken = new_run("calm", **changes), new_run("broken", **changes)
    expected = work(calm)
    rates = [e["lr"] for e in read_events(calm.metrics) if e["event"] == "epoch"]
    assert rates == [1e-3, 1e-3, 1e-3, 5e-4]
    with monkeypatch.context() as patch:
        stop_after(9, patch)
        work(broken)
    record = work(broken)
    assert training_events(broken) == training_events(calm)
    assert record["result"]["weights_sha256"] == expected["result"]["weights_sha256"]


def test_events_after_the_checkpoint_come_again_once(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = new_run()
    with monkeypatch.context() as patch:
        stop_after(6, patch)
        work(folder)
    with folder.metrics.open("a") as file:  # as if it had trained on, and died in a line
        file.write('{"event":"step","time":0,"step":7,"epoch":2,"loss":1,"lr":1}\n{"event":"st')
    work(folder)
    steps = [e["step"] for e in read_events(folder.metrics) if e["event"] == "step"]
    assert steps == list(range(1, 9))


def test_a_damaged_newest_checkpoint_falls_back_and_says_so(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    calm, broken = new_run("calm"), new_run("broken")
    expected = work(calm)
    with monkeypatch.context() as patch:
        stop_after(6, patch)
        work(broken)
    newest = broken.checkpoints / "last" / "weights.safetensors"
    content = bytearray(newest.read_bytes())
    content[-1] ^= 1
    newest.write_bytes(content)
    record = work(broken)
    notices = [e["message"] for e in read_events(broken.metrics) if e["event"] == "notice"]
    assert any("damaged" in text and "step-000000006" in text for text in notices)
    assert record["result"]["weights_sha256"] == expected["result"]["weights_sha256"]


def test_a_finished_run_is_left_alone(new_run: Prepare) -> None:
    folder = new_run()
    first = work(folder)
    assert work(folder) == first


def test_last_checkpoint_holds_the_weights_that_are_hashed(new_run: Prepare) -> None:
    from workbench.training.checkpoints.files import weights_hash

    folder = new_run()
    record = work(folder)
    weights = load_file(folder.checkpoints / "last" / "weights.safetensors")
    assert weights_hash(weights) == record["result"]["weights_sha256"]
