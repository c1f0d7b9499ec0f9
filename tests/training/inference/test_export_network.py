"""Networks written for other programs give the run's own outputs."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from workbench.errors import RunError
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
    run.model.float()
    target.write_bytes(b"x")
    batch = torch.zeros(2, 1, 8, 8)
    with pytest.raises(RunError, match="differ"):
        export_network._check(run, batch, lambda b: run.model(b) + 0.001, target)
    assert not target.exists()


def test_exported_weights_are_the_recorded_ones(finished: RunFolder, tmp_path: Path) -> None:
    (file,) = export_network.export_weights(finished, tmp_path / "w.safetensors")
    assert weights_hash(load_file(file)) == read_record(finished.record)["result"]["weights_sha256"]
