"""What compiles proves first that it trains as the network does; a compiler that lies is found."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from benchmarks.soundness import Unwatched
from tests.training.conftest import Prepare, training_events
from workbench.config.presets import load_preset
from workbench.data import load_data
from workbench.runs.store.events import read_events
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.tasks import build_task
from workbench.training.checkpoints import snapshots
from workbench.training.compiled import compile as compiling
from workbench.training.compiled.compile_check import Observed, compare, tensors_in
from workbench.training.loop import devices
from workbench.training.loop.assembly import assemble, fresh_model
from workbench.training.loop.trainer import Setup, Trainer
from workbench.training.worker import main as worker

Lie = Callable[..., Any]
real_compile = torch.compile
WARM_UP = 1  # calls before what is compared


class Liar(nn.Module):
    """A compiled network that is not the network."""

    def __init__(self, network: nn.Module, lie: Lie) -> None:
        super().__init__()
        self.network, self.lie, self.calls = network, lie, 0

    def forward(self, images: Tensor, *others: Any) -> Any:
        self.calls += 1
        return self.lie(self, images, *others)


def wrong_loss(self: Liar, images: Tensor) -> Tensor:
    return self.network(images) * 1.01


def wrong_gradient(self: Liar, images: Tensor) -> Tensor:
    outputs: Tensor = self.network(images)
    outputs.register_hook(lambda gradient: gradient * torch.linspace(0.9, 1.1, 10))
    return outputs


def no_gradient_for_one_weight(self: Liar, images: Tensor) -> Tensor:
    weight = next(self.network.parameters())
    weight.requires_grad_(False)
    outputs: Tensor = self.network(images)
    weight.requires_grad_(True)
    return outputs


def a_buffer_that_stays(self: Liar, images: Tensor, *others: Any) -> Any:
    _, buffer = next(b for b in self.network.named_buffers() if b[0].endswith("running_var"))
    before = buffer.clone()
    outputs = self.network(images, *others)
    buffer.data.copy_(before)
    return outputs


def a_counter_that_stays(self: Liar, images: Tensor) -> Tensor:
    counters = [b for n, b in self.network.named_buffers() if n.endswith("num_batches_tracked")]
    outputs: Tensor = self.network(images)
    counters[-1].data.sub_(1)
    return outputs


def outputs_written_over(self: Liar, images: Tensor) -> Tensor:
    if self.calls > 1:
        self.last.data.fill_(7.0)
    self.last: Tensor = self.network(images)
    return self.last


def not_finite_at_the_second_step(self: Liar, images: Tensor) -> Tensor:
    outputs: Tensor = self.network(images)
    return outputs * torch.nan if self.calls > WARM_UP + 1 else outputs


def images_changed_in_place(self: Liar, images: Tensor) -> Tensor:
    outputs: Tensor = self.network(images.clone())
    images.data.zero_()
    return outputs


LIES = {
    images_changed_in_place: "the images are changed in place",
    wrong_loss: "loss of step 1 is",
    wrong_gradient: "changes otherwise in 2 steps",
    no_gradient_for_one_weight: "weight stem.conv.weight changes otherwise in 2 steps",
    a_buffer_that_stays: "running_var changes otherwise in 2 steps",
    a_counter_that_stays: "num_batches_tracked changes otherwise in 2 steps",
    outputs_written_over: "what a step gives is overwritten by the next one",
    not_finite_at_the_second_step: "loss of step 2 is not finite",
}


def work(folder: RunFolder) -> dict[str, Any]:
    worker.work(folder)
    record = read_record(folder.record)
    assert record["run"]["status"] == "finished", record.get("error")
    return record


def notices(folder: RunFolder) -> list[str]:
    return [event["message"] for event in read_events(folder.metrics) if event["event"] == "notice"]


def settings(**changes: Any) -> dict[str, Any]:
    sgd = {"optimizer__kind": "sgd", "optimizer__lr": 0.1, "optimizer__momentum": 0.9}
    return {**sgd, "train__epochs": 1, **changes}


@pytest.fixture(scope="module")
def honest_run() -> dict[str, Any]:
    """The uncompiled run's weights (a hash) and events, once it was trained."""
    return {}


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_a_lying_compiler_is_found_and_nothing_stays_of_it(
    lie: Lie, new_run: Prepare, monkeypatch: pytest.MonkeyPatch, honest_run: dict[str, Any]
) -> None:
    if not honest_run:
        plain = new_run("plain", **settings())
        honest_run["weights"] = work(plain)["result"]["weights_sha256"]
        honest_run["events"] = training_events(plain)
    monkeypatch.setattr(torch, "compile", lambda network, **_: Liar(network, lie))
    folder = new_run("lie", **settings(train__compile="default"))
    record = work(folder)

    assert len(notices(folder)) == 1
    assert LIES[lie] in notices(folder)[0] and "training uncompiled" in notices(folder)[0]
    assert record["environment"]["compile"] == "off"
    assert record["result"]["weights_sha256"] == honest_run["weights"]
    assert training_events(folder) == honest_run["events"]


SCENES = {
    "data.source": "digits",
    "data.channels": 1,
    "data.scenes": 24,
    "train.batch_size": 8,
    "train.steps": 4,
}
DIGITS = {"data.limit": 256, "train.batch_size": 50, "model.width": 8, "model.dropout": 0.3}
TASKS = [
    ("quick/digits", DIGITS),
    ("detection/rpn-digits", SCENES),
    ("detection/faster-rcnn-digits", SCENES),
]


def started(preset: str, changes: dict[str, Any]) -> Trainer:
    """A trainer that has made a step, so that optimiser and meter hold something."""
    settings = {"train.device": "cpu", "train.precision": "float32", "train.compile": "default"}
    config = load_preset(preset, changes | settings)
    compute, data = devices.choose(config.train), load_data(config)
    model, task = fresh_model(config, compute), build_task(config, data, compute.device)
    return assemble(Setup(config, model, task, compute), data, Unwatched())  # type: ignore[arg-type]


def everything(trainer: Trainer) -> dict[str, Any]:
    """All that the trial might have changed, as plain values."""
    taken = snapshots.take(trainer)
    tensors = taken.weights | taken.tensors | dict(trainer.model.named_buffers())
    numbers = {name: value for name, value in taken.numbers.items() if name != "seconds"}
    return {
        "tensors": {name: tensor.tolist() for name, tensor in tensors.items()},
        "numbers": numbers,
        "step": trainer.step,
        "rates": [group["lr"] for group in trainer.optimizer.param_groups],
        "random": torch.get_rng_state().tolist(),
        "training": trainer.model.training,
    }


@pytest.mark.parametrize("steps", [0, 1])
@pytest.mark.parametrize("lie", [None, a_buffer_that_stays], ids=["honest", "lie"])
@pytest.mark.parametrize(("preset", "changes"), TASKS, ids=[name for name, _ in TASKS])
def test_the_trial_leaves_the_trainer_as_it_was(
    preset: str,
    changes: dict[str, Any],
    lie: Lie | None,
    steps: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def compile(network: nn.Module, **_: Any) -> Any:
        return Liar(network, lie) if lie else real_compile(network, backend="eager")

    monkeypatch.setattr(torch, "compile", compile)
    trainer = started(preset, changes)
    for _ in range(steps):
        trainer.train_step()
    trainer.optimizer.zero_grad(set_to_none=True)
    before = everything(trainer)

    notice = compiling.compile_training(trainer)

    assert (trainer.compiled == "off") == bool(lie) == bool(notice), notice
    assert everything(trainer) == before


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_another_order_of_operations_is_no_lie(
    precision: str, optimizer: str, new_run: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rounds_otherwise(self: Liar, images: Tensor) -> Tensor:
        return self.network(images * (1 + torch.finfo(torch.float32).eps))

    monkeypatch.setattr(torch, "compile", lambda network, **_: Liar(network, rounds_otherwise))
    changes = {"train__compile": "default", "train__precision": precision, "train__epochs": 1}
    folder = new_run("run", optimizer__kind=optimizer, **changes)
    record = work(folder)

    assert notices(folder) == []
    assert record["environment"]["compile"] == "default"


def test_parts_of_a_batch_are_whole_steps(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several calls a step, the meter reads each: an output overwritten within is found."""
    monkeypatch.setattr(torch, "compile", lambda network, **_: Liar(network, outputs_written_over))
    from workbench.training.loop import memory

    monkeypatch.setattr(memory, "largest_part", lambda trainer, start: 20)
    folder = new_run("run", **settings(train__compile="default", train__auto_batch=True))
    work(folder)

    assert "overwritten by the next one" in " ".join(notices(folder))


def observed(loss: float, change: float, counter: int = 2) -> Observed:
    changes = {
        "weight": torch.full((4,), change, dtype=torch.float64),
        "counter": torch.tensor(counter, dtype=torch.float64),
    }
    return Observed([{"loss": 1.0}, {"loss": loss}], changes)


@pytest.mark.parametrize(
    ("loss", "change", "counter", "nudged", "words"),
    [
        (2.0, 0.1, 2, 0.1, ""),
        (2.0001, 0.1, 2, 0.1, ""),  # within the tolerance
        (2.001, 0.1, 2, 0.1, "loss of step 2 is 2.001 in place of 2"),
        (2.0, 0.11, 2, 0.1, "weight changes otherwise in 2 steps"),
        (2.0, 0.11, 2, 0.102, ""),  # a rounding error makes as much of a difference
        (2.0, 0.0, 2, 0.1, "weight changes otherwise in 2 steps"),
        (2.0, 0.1, 1, 0.102, "counter changes otherwise in 2 steps"),
        (2.0, float("nan"), 2, 0.1, "weight changes otherwise in 2 steps"),
        (float("nan"), 0.1, 2, 0.1, "loss of step 2 is not finite"),
    ],
)
def test_what_is_allowed(
    loss: float, change: float, counter: int, nudged: float, words: str
) -> None:
    found = observed(loss, change, counter)
    assert compare(observed(2.0, 0.1), found, observed(2.0, nudged), 1e-4) == words


def test_a_loss_that_is_never_finite_proves_nothing() -> None:
    bad = observed(float("inf"), 0.1)
    assert compare(bad, bad, bad, 1e-4) == (
        "loss of step 2 is not finite, with or without compiling"
    )


def test_tensors_are_found_in_what_networks_give() -> None:
    a, b, c = torch.zeros(1), torch.ones(1), torch.ones(2)
    assert [t.tolist() for t in tensors_in({"x": [a, (b, None)], "y": c})] == [[0], [1], [1, 1]]
