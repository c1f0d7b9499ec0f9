"""A run's network for other programs: weights, an ONNX file or a ``torch.export`` program.

A program that is written here has been run: its outputs on a random batch are
compared with the network's, in float32, and must agree to 1e-4.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from workbench.errors import RequestError, RunError
from workbench.runs.store.folder import RunFolder
from workbench.system.packages import need
from workbench.training.checkpoints.files import resolve_link
from workbench.training.inference.finished import FinishedRun, Which, open_run

TOLERANCE = 1e-4  # largest difference of a logit
BATCH = 4
SHAPES = ({0: torch.export.Dim("batch")},)  # any number of pictures


def export_weights(folder: RunFolder, target: Path, weights: Which = "last") -> list[Path]:
    """Copy the weights of a run's ``last`` or ``best`` checkpoint, as safetensors."""
    open_run(folder, weights, "cpu")  # they are whole, and of this network
    _make_room(target)
    source = resolve_link(folder.checkpoints, weights) / "weights.safetensors"
    shutil.copyfile(source, target)
    return [target]


def export_onnx(folder: RunFolder, target: Path, weights: Which = "last") -> list[Path]:
    """Write an ONNX file: ``pictures`` [N, C, H, W], normalised, → ``logits`` [N, classes].

    Its metadata names classes, mean, deviation and crop, so that it explains
    itself. Checked with ONNX Runtime.
    """
    onnx, runtime = need("onnx", "onnx"), need("onnxruntime", "onnx")
    need("onnxscript", "onnx")
    run = _open(folder, weights)
    example = _example(run)
    _make_room(target)
    program = torch.onnx.export(
        run.model,
        (example,),
        input_names=["pictures"],
        output_names=["logits"],
        dynamic_shapes=SHAPES,
        dynamo=True,
        verbose=False,
    )
    if program is None:
        raise RunError(f"run {folder.id}: torch could not write the network as ONNX")
    model = program.model_proto
    for key, value in describe(run).items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model)
    onnx.save(model, str(target))
    session = runtime.InferenceSession(str(target), providers=["CPUExecutionProvider"])

    def outputs(batch: Tensor) -> Tensor:
        return torch.from_numpy(session.run(["logits"], {"pictures": batch.numpy()})[0])

    _check(run, example, outputs, target)
    return [target]


def export_program(folder: RunFolder, target: Path, weights: Which = "last") -> list[Path]:
    """Write a ``torch.export`` program (``.pt2``) of the network, checked by loading it again."""
    target = target if target.suffix == ".pt2" else target.with_name(f"{target.name}.pt2")
    run = _open(folder, weights)
    example = _example(run)
    _make_room(target)
    program = torch.export.export(run.model, (example,), dynamic_shapes=SHAPES)
    torch.export.save(program, target, extra_files=describe(run))
    again = torch.export.load(target).module()
    _check(run, example, lambda batch: again(batch), target)
    return [target]


def describe(run: FinishedRun) -> dict[str, str]:
    """What has to be known to use the network, as text by name."""
    mean, std = run.normalisation
    return {
        "run": run.folder.id,
        "classes": json.dumps(list(run.classes)),
        "input": json.dumps([run.config.data.channels, run.crop, run.crop]),
        "mean": json.dumps(mean),
        "std": json.dumps(std),
        "pictures": "centre crop of side input[1]; (value / 255 - mean) / std, by channel",
    }


def _open(folder: RunFolder, weights: Which) -> FinishedRun:
    run = open_run(folder, weights, "cpu")
    if run.config.task.kind != "classification":
        raise RequestError(
            f"--format: only for classification; run {folder.id} is of task {run.config.task.kind}"
        )
    run.model.to(dtype=torch.float32, memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return run


def _example(run: FinishedRun) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    shape = (BATCH, run.config.data.channels, run.crop, run.crop)
    return torch.randn(shape, generator=generator)


def _check(
    run: FinishedRun, example: Tensor, outputs: Callable[[Tensor], Tensor], target: Path
) -> None:
    """Compare on the example and on another number of pictures; a wrong file does not stay."""
    for batch in (example, example[:1], torch.cat([example, example.flip(0)])):
        with torch.inference_mode():
            expected = run.model(batch)
        difference = (outputs(batch) - expected).abs().max().item()
        if not difference <= TOLERANCE:
            target.unlink(missing_ok=True)
            raise RunError(
                f"{target.name}: its outputs differ by {difference:.2g} from the network's "
                f"(more than {TOLERANCE:g}); nothing was written"
            )


def _make_room(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestError(f"{target.parent}: cannot be written: {error.strerror}") from None
