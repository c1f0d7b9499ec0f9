"""Networks written for other programs give the run's own outputs."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from workbench.config.presets import list_presets, load_preset
from workbench.errors import RunError
from workbench.models import build_model
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import read_record
from workbench.training.checkpoints.files import weights_hash
from workbench.training.inference import export_network
from workbench.training.inference.finished import open_run


def expected(run: RunFolder, batch: torch.Tensor) -> torch.Tensor:
    model = open_run(run, "last", "cpu").model.float()
    with torch.inference_mode():
        return model(batch)


def test_onnx_runtime_gives_the_same_outputs(finished: RunFolder, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    (file,) = export_network.export_onnx(finished, tmp_path / "net.onnx")
    session = runtime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    for count in (1, 5):
        batch = torch.randn(count, 1, 8, 8, generator=torch.Generator().manual_seed(count))
        (logits,) = session.run(["logits"], {"pictures": batch.numpy()})
        np.testing.assert_allclose(logits, expected(finished, batch).numpy(), atol=1e-4)
    about = session.get_modelmeta().custom_metadata_map
    assert json.loads(about["classes"]) == list("0123456789")
    assert json.loads(about["mean"]) == read_record(finished.record)["data"]["mean"]


def test_an_exported_program_gives_the_same_outputs(finished: RunFolder, tmp_path: Path) -> None:
    (file,) = export_network.export_program(finished, tmp_path / "net")
    assert file.name == "net.pt2"
    batch = torch.randn(3, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    logits = torch.export.load(file).module()(batch)
    torch.testing.assert_close(logits, expected(finished, batch), atol=1e-4, rtol=0)


def test_a_program_that_computes_something_else_does_not_stay(
    finished: RunFolder, tmp_path: Path
) -> None:
    run, target = open_run(finished, "last", "cpu"), tmp_path / "wrong.onnx"
    network = export_network.Exported(run.model.float())
    target.write_bytes(b"x")
    batch = torch.zeros(2, 1, 8, 8)
    with pytest.raises(RunError, match="differ"):
        export_network._check(network, batch, lambda b: run.model(b) + 0.001, target)
    assert not target.exists()


@pytest.mark.parametrize(
    ("scale", "off", "words"),
    [
        (1.0, 1e-6, ""),
        (1000.0, 1e-3, ""),  # as much of the outputs' size
        (1.0, 1e-3, "its outputs differ by 0.001"),
        (1000.0, 1.0, "its outputs differ by 1 "),
        (1.0, float("nan"), "its outputs differ by nan"),
    ],
)
def test_outputs_are_compared_relative_to_their_size(scale: float, off: float, words: str) -> None:
    expected = scale * torch.tensor([[1.0, 0.2], [0.1, 0.9]])
    assert export_network.compare(expected + off, expected, expected.double()).startswith(words)


def test_a_networks_own_rounding_is_allowed_but_no_other_answer() -> None:
    expected = torch.tensor([[1.0, 0.2]])
    exact = expected.double() + 1e-4
    assert export_network.compare(expected + 1e-3, expected, exact) == ""
    labels = torch.tensor([[1, 2]])
    assert "another class" in export_network.compare(labels + 1, labels, labels)
    assert "another shape" in export_network.compare(expected, expected[:, :1], exact)


SMALLER = {  # so that every kind is tried, and none for long
    "regnet/regnetx-200mf": {"data.size": 64, "data.classes": 10, "augment.crop": 64},
    "scalable/resnet18-food11": {"model.width": 8, "data.size": 64, "augment.crop": 64},
    "scalable/resnet18-food11-compound": {"model.width": 8, "data.size": 64, "augment.crop": 64},
    "resnet/resnet18-cifar10": {"model.width": 8},
    "resnet/resnet-5m-cifar10": {"model.width": 8},
    "resnet/resnet-2111-cifar10": {"model.width": 8},
}
KINDS = [info.name for info in list_presets() if info.family not in ("sweeps", "zoo")]


@pytest.mark.parametrize("preset", KINDS)
def test_every_preset_exports_once_it_was_trained(preset: str, tmp_path: Path) -> None:
    """A step of large gradients on random images: weights and norms are far from fresh."""
    config = load_preset(preset, SMALLER.get(preset, {}))
    torch.manual_seed(0)
    model = build_model(config)
    network = export_network.Exported(model).train()
    channels, size, _ = config.input_shape
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    for _ in range(2):
        answer = model(torch.randn(8, channels, size, size))
        outputs = [answer] if isinstance(answer, torch.Tensor) else [answer.scores, answer.deltas]
        sum(output.square().mean() for output in outputs).backward()  # type: ignore[union-attr]
        optimizer.step()
    program = torch.export.export(
        network.eval(),
        (torch.randn(4, channels, size, size),),
        dynamic_shapes=export_network.SHAPES,
    )
    export_network._check(network, torch.randn(4, channels, size, size), program.module(), tmp_path)


def test_exported_weights_are_the_recorded_ones(finished: RunFolder, tmp_path: Path) -> None:
    (file,) = export_network.export_weights(finished, tmp_path / "w.safetensors")
    assert weights_hash(load_file(file)) == read_record(finished.record)["result"]["weights_sha256"]
