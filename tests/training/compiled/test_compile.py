"""Compiled or not, a run is the same run; and no compiler is no end."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from tests.training.conftest import Prepare
from workbench.config.presets import load_preset
from workbench.errors import ConfigError
from workbench.runs.store.events import read_events
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.training.compiled import compile as compiling
from workbench.training.loop.trainer import StopTraining
from workbench.training.worker import main as worker
from workbench.training.worker.callbacks import Callbacks

CPU, GPU = torch.device("cpu"), torch.device("cuda:0")
real_compile = torch.compile


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """torch.compile without its code generator: traced, guarded and wrapped, run by torch."""
    asked: list[dict[str, Any]] = []

    def compile(network: nn.Module, **how: Any) -> Any:
        asked.append(how)
        return real_compile(network, backend="eager")

    monkeypatch.setattr(torch, "compile", compile)
    return asked


def work(folder: RunFolder) -> dict[str, Any]:
    worker.work(folder)
    record = read_record(folder.record)
    assert record["run"]["status"] == "finished", record.get("error")
    return record


def notices(folder: RunFolder) -> list[str]:
    return [event["message"] for event in read_events(folder.metrics) if event["event"] == "notice"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [(True, "default"), (False, "off"), ("graphs", "graphs"), ("off", "off"), ("auto", "auto")],
)
def test_a_switch_and_a_choice(written: Any, meant: str) -> None:
    assert load_preset("quick/digits", {"train.compile": written}).train.compile == meant


def test_other_words_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"train\.compile: must be one of .auto., .off., "):
        load_preset("quick/digits", {"train.compile": "fast"})


def test_a_compiled_run_is_the_run(new_run: Prepare, traced: list[dict[str, Any]]) -> None:
    plain, compiled = new_run("plain"), new_run("compiled", train__compile=True)
    expected, record = work(plain), work(compiled)

    assert traced == [{}]
    assert (expected["environment"]["compile"], record["environment"]["compile"]) == (
        "off",
        "default",
    )
    assert record["result"]["weights_sha256"] == expected["result"]["weights_sha256"]
    weights = [
        load_file(folder.checkpoints / "last" / "weights.safetensors")
        for folder in (plain, compiled)
    ]
    assert list(weights[0]) == list(weights[1])
    assert notices(compiled) == []


def test_a_compiled_run_goes_on_uncompiled(
    new_run: Prepare, traced: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    calm, broken = new_run("calm"), new_run("broken", train__compile=True)
    expected = work(calm)
    real = Callbacks.step_done

    def stop(self: Callbacks, trainer: Any, losses: Any, lr: float) -> None:
        real(self, trainer, losses, lr)
        if trainer.step == 3:
            raise StopTraining

    with monkeypatch.context() as patch:
        patch.setattr(Callbacks, "step_done", stop)
        worker.work(broken)
    monkeypatch.setenv("CXX", "no-such-compiler")
    record = work(broken)

    assert record["environment"]["compile"] == "off"
    assert record["result"]["weights_sha256"] == expected["result"]["weights_sha256"]


def test_without_a_compiler_it_trains_uncompiled_and_says_so(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = work(new_run("plain"))
    monkeypatch.setenv("CXX", "no-such-compiler")
    folder = new_run("run", train__compile=True)
    record = work(folder)

    assert notices(folder) == ["compile: no C++ compiler (g++) found; training uncompiled"]
    assert record["environment"]["compile"] == "off"
    assert record["result"]["weights_sha256"] == expected["result"]["weights_sha256"]


class Broken(nn.Module):
    """Fails in the backward pass, after the norms have counted the batch."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        outputs: torch.Tensor = self.network(images)
        outputs.register_hook(self._fail)
        return outputs

    def _fail(self, gradient: torch.Tensor) -> None:
        raise RuntimeError("cannot [compile] this\nbecause of a long story")


def test_a_failing_compiler_leaves_everything_as_it_was(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = work(new_run("plain"))
    monkeypatch.setattr(torch, "compile", lambda network, **_: Broken(network))
    folder = new_run("run", train__compile=True)
    record = work(folder)

    assert notices(folder) == [
        "compile: failed (RuntimeError: cannot [compile] this); training uncompiled"
    ]
    assert record["environment"]["compile"] == "off"
    assert record["result"]["weights_sha256"] == expected["result"]["weights_sha256"]


def test_graphs_on_a_cpu_train_uncaptured(new_run: Prepare) -> None:
    folder = new_run("run", train__compile="graphs", train__epochs=1)
    record = work(folder)

    assert notices(folder) == ["compile: CUDA graphs need a GPU; training uncaptured"]
    assert record["environment"]["compile"] == "off"


def stands(device: torch.device, asked: str) -> Any:
    """As much of a trainer as compiling looks at; its losses do without the network."""
    return SimpleNamespace(
        config=SimpleNamespace(train=SimpleNamespace(compile=asked, checkpoint_activations=False)),
        compute=SimpleNamespace(device=device),
        batches=SimpleNamespace(batch_size=8),
        micro_batch=8,
        model=nn.Linear(1, 1),
        compiled="off",
        try_part=lambda part: None,
    )


def test_a_network_that_is_trained_past_its_forward_is_not_called_compiled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compiling, "missing", lambda device: "")
    trainer = stands(CPU, "default")

    notice = compiling.compile_training(trainer)

    assert "not a part of its forward; training uncompiled" in notice
    assert trainer.forward is trainer.model and trainer.compiled == "off"


@pytest.mark.parametrize(
    ("device", "found", "reason"),
    [
        (CPU, {"g++"}, ""),
        (CPU, {"gcc"}, "no C++ compiler (g++) found"),
        (GPU, {"gcc"}, ""),
        (GPU, set(), "no C compiler found"),
    ],
)
def test_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, device: torch.device, found: set[str], reason: str
) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr("shutil.which", lambda name: name if name in found else None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())

    assert compiling.missing(device) == reason


def test_a_gpu_needs_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert compiling.missing(GPU) == "no triton found"
