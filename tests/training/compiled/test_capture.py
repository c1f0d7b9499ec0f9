"""A captured step, driven for real: what is recorded is a closure, and a replay calls it.

A fake that does what a CUDA graph does (run the recorded step on what lies in the buffers) trains
as the uncaptured run does, to the bit; one that leaves something out is found before the first
step, and nothing stays of it.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.closures import Closures, Run
from tests.training.compiled.every_preset import NAMES, preset_trainer
from tests.training.compiled.test_static_step import differing, everything
from tests.training.conftest import Prepare, training_events
from tests.training.trainers import small_trainer
from workbench.runs.history.verify import verify
from workbench.runs.live.lineage import make_replay
from workbench.runs.store.events import read_events
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.tasks.classification import AccuracyMeter
from workbench.training.checkpoints import snapshots
from workbench.training.compiled import automatic, capture
from workbench.training.compiled import compile as compiling
from workbench.training.loop.trainer import StopTraining, Trainer
from workbench.training.worker import main as worker
from workbench.training.worker.callbacks import Callbacks


class Recorded(Closures):
    """Tells how often anything was replayed."""

    replays = 0

    def record(self, run: Run) -> Run:
        def replay() -> None:
            type(self).replays += 1
            self.replay(run)

        return replay

    def replay(self, run: Run) -> None:
        run()


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[Recorded]], None]:
    """Have this machine's CPU capture by a fake, the honest one until another is named."""

    def use(recorder: type[Recorded]) -> None:
        recorder.replays = 0
        monkeypatch.setattr(capture, "CudaRecorder", recorder)

    monkeypatch.setattr(capture, "has_graphs", lambda device: True)
    use(Recorded)
    return use


def work(folder: RunFolder) -> dict[str, Any]:
    worker.work(folder)
    record = read_record(folder.record)
    assert record["run"]["status"] == "finished", record.get("error")
    return record


def notices(folder: RunFolder) -> list[str]:
    return [event["message"] for event in read_events(folder.metrics) if event["event"] == "notice"]


CHANGES = {
    "model__dropout": 0.2,
    "augment__pad": 1,
    "augment__hflip": 0.5,
    "augment__hflip_mode": "alternating",
    "optimizer__clip_norm": 1.0,
    "train__grad_norm_every": 3,
}


def test_a_captured_run_is_the_run(new_run: Prepare, graphs: Any) -> None:
    plain = new_run("plain", train__compile="off", **CHANGES)
    captured = new_run("captured", train__compile="graphs", **CHANGES)
    expected, record = work(plain), work(captured)

    assert Recorded.replays >= 8  # the steps, and the trial's
    assert record["environment"]["compile"] == "graphs"
    assert record["result"]["weights_sha256"] == expected["result"]["weights_sha256"]
    assert training_events(captured) == training_events(plain)
    assert notices(captured) == []
    start = next(e for e in read_events(captured.metrics) if e["event"] == "start")
    assert start["compile"] == "graphs"


@pytest.mark.parametrize("name", NAMES)
def test_every_preset_can_be_captured(name: str, graphs: Any) -> None:
    trainer = preset_trainer(name, train__grad_norm_every=2, train__nonfinite="stop")
    before = everything(trainer)
    wrong = capture.capture(trainer)
    if trainer.config.train.unfreeze_epoch:
        assert wrong == "train.unfreeze_epoch changes the step"
        return
    assert wrong == ""
    after = everything(trainer)
    assert differing(before, {name: after[name] for name in before}) == []
    added = [tensor for name, tensor in after.items() if name not in before]
    assert all(name.startswith("optimizer/") for name in after.keys() - before.keys())
    assert trainer.captured is not None and (added or "speed" not in name)


@pytest.mark.parametrize(
    "kind", ["sgd", "adam", "adamw", "adamax", "nadam", "radam", "adadelta", "rmsprop", "muon"]
)
def test_an_optimizer_begins_as_if_nothing_had_been_tried(kind: str, graphs: Any) -> None:
    def make() -> Trainer:
        return small_trainer(optimizer__kind=kind, optimizer__weight_decay=0.1)

    plain, captured = make(), make()
    assert capture.capture(captured) == ""
    step = captured.captured
    assert step is not None
    for _ in range(3):
        ordinary, replayed = plain.train_step(), step()
        assert replayed[1] == ordinary[1]
        assert {n: float(v) for n, v in replayed[0].items()} == {
            n: float(v) for n, v in ordinary[0].items()
        }
    assert differing(everything(plain), everything(captured)) == []


def test_losses_of_a_step_outlive_the_next(graphs: Any) -> None:
    trainer = small_trainer()
    capture.capture(trainer)
    step = trainer.captured
    assert step is not None
    first, _ = step()
    kept = float(first["loss"])
    step()
    assert float(first["loss"]) == kept


# Fakes that leave something out of a replay.


class NothingHappens(Recorded):
    def replay(self, run: Run) -> None:
        pass


class Restoring(Recorded):
    """Puts some tensors back after each replay, as if they had not been a part of it."""

    def tensors(self) -> list[torch.Tensor]:
        raise NotImplementedError

    def replay(self, run: Run) -> None:
        tensors = self.tensors()
        before = [tensor.clone() for tensor in tensors]
        run()
        with torch.no_grad():
            for tensor, value in zip(tensors, before, strict=True):
                tensor.copy_(value)


class OneWeightStays(Restoring):
    def tensors(self) -> list[torch.Tensor]:
        return [list(self.trainer.model.parameters())[-1]]


class OneBufferStays(Restoring):
    def tensors(self) -> list[torch.Tensor]:
        return [next(b for n, b in self.trainer.model.named_buffers() if n.endswith("var"))]


class MomentumStays(Restoring):
    def tensors(self) -> list[torch.Tensor]:
        return [next(iter(self.trainer.optimizer.state.values()))["momentum_buffer"]]


class TheSameRandomNumbers(Recorded):
    """What a graph does whose generator it does not know: it draws as it did when recorded."""

    def replay(self, run: Run) -> None:
        self.trainer.batches.generator.manual_seed(7)
        run()


class TheSameRate(Recorded):
    def replay(self, run: Run) -> None:
        for group in self.trainer.optimizer.param_groups:
            group["lr"].fill_(0.05)
        run()


class MetersStay(Recorded):
    """The losses move on, what the meter is to add does not."""

    def record(self, run: Run) -> Run:
        real = super().record(run)

        def replay() -> None:
            real()
            meter = self.trainer.meter
            measure, take = meter.measure, meter.take  # type: ignore[attr-defined]
            meter.take = lambda m, size: take(  # type: ignore[attr-defined]
                {n: torch.zeros_like(t) for n, t in m.items()}, size
            )
            meter.measure = measure  # type: ignore[attr-defined]

        return replay


class FailsToRecord(Recorded):
    def record(self, run: Run) -> Run:
        raise RuntimeError("operation not permitted when stream is capturing\nmore of it")


LIES = {
    NothingHappens: "loss of step",
    OneWeightStays: "weight ",
    OneBufferStays: "running_var changes otherwise",
    MomentumStays: "stem.conv.weight changes otherwise",
    TheSameRandomNumbers: "loss of step",
    TheSameRate: "loss of step 2",
    MetersStay: "metric ",
    FailsToRecord: "cannot be captured (RuntimeError: operation not permitted when stream is capt",
}


@pytest.mark.parametrize("fake", LIES, ids=lambda fake: fake.__name__)
def test_a_graph_that_lies_is_found_and_nothing_stays_of_it(
    fake: type[Recorded], new_run: Prepare, graphs: Any, honest: dict[str, Any]
) -> None:
    changes = {"optimizer__kind": "sgd", "optimizer__lr": 0.1, "optimizer__momentum": 0.9}
    changes |= {"train__epochs": 1, "augment__pad": 1}
    if not honest:
        plain = new_run("plain", train__compile="off", **changes)
        honest["record"], honest["events"] = work(plain), training_events(plain)
    graphs(fake)
    folder = new_run("lie", train__compile="graphs", **changes)
    record = work(folder)

    (notice,) = notices(folder)
    assert LIES[fake] in notice and notice.endswith("training uncaptured")
    assert record["environment"]["compile"] == "off"
    assert record["result"]["weights_sha256"] == honest["record"]["result"]["weights_sha256"]
    assert training_events(folder) == honest["events"]


@pytest.fixture(scope="module")
def honest() -> dict[str, Any]:
    """The uncaptured run, once it was trained."""
    return {}


def test_killed_and_resumed_it_comes_to_the_same(
    new_run: Prepare, graphs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = new_run("whole", train__compile="graphs", **CHANGES)
    broken = new_run("broken", train__compile="graphs", **CHANGES)
    expected = work(whole)
    real = Callbacks.step_done

    def stop(self: Callbacks, trainer: Any, losses: Any, lr: float) -> None:
        real(self, trainer, losses, lr)
        if trainer.step == 6:  # in the middle of the second epoch, between two norms
            raise StopTraining

    with monkeypatch.context() as patch:
        patch.setattr(Callbacks, "step_done", stop)
        worker.work(broken)
    record = work(broken)

    assert record["environment"]["compile"] == "graphs"
    assert record["result"]["weights_sha256"] == expected["result"]["weights_sha256"]
    assert training_events(broken) == training_events(whole)


def test_uncaptured_and_resumed_captured_it_comes_to_the_same(graphs: Any) -> None:
    plain, moved = small_trainer(), small_trainer()
    for _ in range(6):
        plain.train_step()
    snapshots.restore(moved, snapshots.take(plain))
    assert capture.capture(moved) == ""
    assert moved.captured is not None
    for _ in range(3):
        plain.train_step()
        moved.captured()
    assert differing(everything(plain), everything(moved)) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"train__nonfinite": "skip"}, "train.nonfinite = skip looks at every loss"),
        ({"optimizer__kind": "adagrad"}, "adagrad counts its steps on the host"),
    ],
)
def test_what_cannot_be_captured_says_why_once(
    changes: dict[str, Any], words: str, new_run: Prepare, graphs: Any
) -> None:
    folder = new_run("run", train__compile="graphs", train__epochs=1, **changes)
    record = work(folder)
    (notice,) = notices(folder)
    assert words in notice and record["environment"]["compile"] == "off"


class Counts(nn.Module):
    """A network of one's own that does something on the host at each call."""

    def __init__(self, network: nn.Module, act: Callable[["Counts"], None]) -> None:
        super().__init__()
        self.network, self.act, self.calls = network, act, 0

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.act(self)
        logits: torch.Tensor = self.network(images)
        return logits


def counts(self: Counts) -> None:
    self.calls += 1


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (counts, "each step changes calls on the host"),
        (lambda _: random.random(), "each step changes Python's random numbers on the host"),
        (lambda _: np.random.rand(), "each step changes NumPy's random numbers on the host"),
        (lambda self: setattr(self, "known", 7), ""),  # made in the first step, and then the same
    ],
)
def test_what_a_replay_would_leave_out_on_the_host_is_found(
    act: Any, words: str, graphs: Any
) -> None:
    trainer = small_trainer()
    wrapped = Counts(trainer.model, act)
    trainer.model = trainer.forward = wrapped
    assert capture.capture(trainer) == words
    assert (trainer.captured is None) == bool(words) == (not trainer.optimizer.state)


def test_images_elsewhere_and_batches_in_parts_are_not_captured(graphs: Any) -> None:
    trainer = small_trainer()
    trainer.compute = replace(trainer.compute, device=torch.device("cuda"))
    assert "do not fit" in capture.why_not(trainer)
    trainer = small_trainer()
    trainer.micro_batch = 4
    assert "in parts" in capture.why_not(trainer)
    assert capture.why_not(small_trainer()) == ""


def test_a_meter_that_adds_to_update_alone_is_not_captured(graphs: Any) -> None:
    class More(AccuracyMeter):
        def update(self, outputs: Any, targets: Any, losses: Any) -> None:
            super().update(outputs, targets, losses)

    trainer = small_trainer()
    trainer.meter = More()
    assert "no static form" in capture.why_not(trainer)


def times(monkeypatch: pytest.MonkeyPatch, trainer: Trainer, off: float, used: float) -> None:
    """Have a step as it is take ``off`` seconds, captured or compiled ``used``."""

    def seconds(_: Trainer, step: Any) -> float:
        return off if step == trainer.train_step and trainer.forward is trainer.model else used

    monkeypatch.setattr(automatic, "seconds_a_step", seconds)


@pytest.mark.parametrize(("used", "chosen"), [(0.003, "graphs"), (0.0079, "off"), (0.01, "off")])
def test_auto_captures_where_it_is_faster(
    used: float, chosen: str, graphs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = small_trainer()
    times(monkeypatch, trainer, 0.008, used)
    assert compiling.compile_training(trainer, "auto") == ""
    assert trainer.compiled == chosen and (trainer.captured is not None) == (chosen == "graphs")


def test_auto_says_why_it_does_not_capture(graphs: Any) -> None:
    trainer = small_trainer(train__nonfinite="skip")
    assert compiling.compile_training(trainer, "auto").endswith("training uncaptured")
    assert trainer.compiled == "off"


@pytest.mark.parametrize(
    ("steps", "off", "used", "chosen"),
    [
        (1000, 0.5, 0.3, "off"),  # eight minutes
        (10**6, 0.14, 0.127, "default"),
        (10**6, 0.14, 0.139, "off"),  # not faster than the noise
    ],
)
def test_auto_on_a_cpu_compiles_long_runs_that_gain(
    steps: int, off: float, used: float, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    eager = torch.compile
    monkeypatch.setattr(
        torch, "compile", lambda n, **_: asked.append(n) or eager(n, backend="eager")
    )
    monkeypatch.setattr(compiling, "missing", lambda device: "")
    trainer = small_trainer(train__epochs=0, train__steps=steps)
    times(monkeypatch, trainer, off, used)
    assert compiling.compile_training(trainer, "auto", macs=40_000_000) == ""
    assert trainer.compiled == chosen
    assert (trainer.forward is trainer.model) == (chosen == "off")
    assert bool(asked) == (steps > 1000)


def test_auto_leaves_short_runs_alone_without_timing_a_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(automatic, "seconds_a_step", lambda *_: pytest.fail("it was timed"))
    trainer = small_trainer()
    assert compiling.compile_training(trainer, "auto", macs=10_000_000) == ""
    assert trainer.compiled == "off"


def test_a_trial_of_a_few_steps_leaves_the_trainer_as_it_was() -> None:
    trainer = small_trainer()
    before, random = everything(trainer), torch.get_rng_state()
    assert automatic.seconds_a_step(trainer, trainer.train_step) > 0
    assert differing(before, everything(trainer)) == [] and trainer.step == 0
    assert torch.equal(random, torch.get_rng_state())


def test_a_replay_does_not_choose_again(
    new_run: Prepare, graphs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automatic, "seconds_a_step", lambda _, step: 1.0)  # nothing pays
    original = new_run("original", **CHANGES)
    assert work(original)["environment"]["compile"] == "off"
    monkeypatch.setattr(automatic, "seconds_a_step", lambda *_: pytest.fail("it was timed"))
    replay = make_replay(original, original.path.parent, name="again")
    assert work(replay)["environment"]["compile"] == "off"
    assert verify(original, replay).same
