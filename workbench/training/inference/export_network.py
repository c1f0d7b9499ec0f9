"""Exports a run's network: weights, an ONNX file or a ``torch.export`` program.

A program written here is checked: its outputs on random batches are compared with the network's,
in float32. They may differ by float32's rounding for outputs of their size, or by some times the
error of the network's own outputs against float64; the predicted class must be the same.
"""

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from workbench.errors import RequestError, RunError
from workbench.models.torchvision_detector import BoxPredictions
from workbench.runs.store.folder import RunFolder
from workbench.system.packages import need
from workbench.training.checkpoints.files import resolve_link
from workbench.training.inference.finished import FinishedRun, Which, open_run

# For float32, of :func:`torch.testing.assert_close`: relative to the largest output, and absolute.
RELATIVE, ABSOLUTE = 1.3e-6, 1e-5
FACTOR = 20.0  # how many times the network's own rounding error another order of sums may make
UNMEASURED = 5e-6  # a network's rounding error, relative, where float64 cannot tell it
BATCH = 4
TORCHVISION = "torchvision_detector"
OUTPUTS = {  # names of the outputs, by task
    "classification": ["logits"],  # [N, classes]
    "multilabel": ["logits"],  # [N, classes]: a sigmoid for each
    "segmentation": ["logits"],  # [N, classes, H, W]
    "proposals": ["boxes", "scores"],  # [N, K, 3] x, y, w in pixels; [N, K]
    "detection": ["boxes", "scores", "logits"],  # and [N, K, classes]
    TORCHVISION: ["boxes", "scores", "labels"],  # [N, K, 4] x, y, w, h; [N, K]; [N, K]
}
Outputs = Callable[[Tensor], Tensor | tuple[Tensor, ...]]
SHAPES = ({0: torch.export.Dim("batch")},)  # any number of images


def export_weights(folder: RunFolder, target: Path, weights: Which = "last") -> list[Path]:
    """Copy the weights of a run's ``last`` or ``best`` checkpoint, as safetensors.

    Of a run that keeps an average of its weights it is the average, which was evaluated.
    """
    run = open_run(folder, weights, "cpu")  # they are whole, and of this network
    _make_room(target)
    if run.config.train.ema:
        save_file({k: v.contiguous() for k, v in run.model.state_dict().items()}, target)
        return [target]
    source = resolve_link(folder.checkpoints, weights) / "weights.safetensors"
    shutil.copyfile(source, target)
    return [target]


def export_onnx(folder: RunFolder, target: Path, weights: Which = "last") -> list[Path]:
    """Write an ONNX file: ``images`` [N, C, H, W], normalised, to the outputs of ``OUTPUTS``.

    Its metadata names classes, mean, std and crop, so that it explains itself. Checked with ONNX
    Runtime. torchvision's detectors are written by torch's older exporter, for one image.
    """
    onnx, runtime = need("onnx", "onnx"), need("onnxruntime", "onnx")
    need("onnxscript", "onnx")
    run = _open(folder, weights)
    network, names = Exported(run.model).eval(), OUTPUTS[_kind(run)]
    example = _example(run)
    _make_room(target)
    if _kind(run) == TORCHVISION:
        example = example[:1]
        torch.onnx.export(
            network,
            (example,),
            str(target),
            dynamo=False,
            input_names=["pictures"],
            output_names=names,
        )
        model = onnx.load(str(target))
    else:
        program = torch.onnx.export(
            network,
            (example,),
            input_names=["pictures"],
            output_names=names,
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

    def outputs(batch: Tensor) -> tuple[Tensor, ...]:
        return tuple(map(torch.from_numpy, session.run(names, {"pictures": batch.numpy()})))

    _check(network, example, outputs, target)
    return [target]


def export_program(folder: RunFolder, target: Path, weights: Which = "last") -> list[Path]:
    """Write a ``torch.export`` program (``.pt2``) of the network, checked by loading it again."""
    target = target if target.suffix == ".pt2" else target.with_name(f"{target.name}.pt2")
    run = _open(folder, weights)
    if _kind(run) == TORCHVISION:
        raise RequestError(
            "--format torch-export: cannot hold torchvision's detectors, whose steps depend on how "
            "many boxes there are; onnx and safetensors can"
        )
    network, example = Exported(run.model).eval(), _example(run)
    _make_room(target)
    program = torch.export.export(network, (example,), dynamic_shapes=SHAPES)
    torch.export.save(program, target, extra_files=describe(run))
    again = torch.export.load(target).module()
    _check(network, example, lambda batch: again(batch), target)
    return [target]


class Exported(nn.Module):
    """A network whose outputs are a tensor or a tuple of them, as files hold them."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Float [N, C, H, W] to the outputs that ``OUTPUTS`` names, in its order."""
        answer = self.network(images)
        if isinstance(answer, Tensor):
            return answer
        last = answer.labels if isinstance(answer, BoxPredictions) else answer.logits
        found = (answer.boxes, answer.confidence, last)
        return tuple(tensor for tensor in found if tensor is not None)


def describe(run: FinishedRun) -> dict[str, str]:
    """The facts that are needed to use the network, as text by name."""
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
    run.model.to(dtype=torch.float32, memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    return run


def _kind(run: FinishedRun) -> str:
    """The kind of the network's outputs: its task, or torchvision's detectors."""
    kind = run.config.model.kind
    return kind if kind == TORCHVISION else run.config.task.kind


def _example(run: FinishedRun) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    shape = (BATCH, run.config.data.channels, run.crop, run.crop)
    return torch.randn(shape, generator=generator)


def _check(network: nn.Module, example: Tensor, outputs: Outputs, target: Path) -> None:
    """Compare on the example and on other batch sizes; a wrong file is deleted."""
    exact_network = copy.deepcopy(network).double()
    batches = [example]
    if len(example) > 1:
        batches += [example[:1], torch.cat([example, example.flip(0)])]
    for batch in batches:
        with torch.inference_mode():
            expected, exact = _tuple(network(batch)), _exactly(exact_network, batch)
        found = _tuple(outputs(batch))
        for one, other, best in zip(found, expected, exact or [None] * len(expected), strict=True):
            if wrong := compare(one, other, best):
                target.unlink(missing_ok=True)
                raise RunError(f"{target.name}: {wrong}; nothing was written")


def _exactly(network: nn.Module, batch: Tensor) -> tuple[Tensor, ...] | None:
    """The outputs in float64; None for a network that always computes in float32."""
    try:
        return _tuple(network(batch.double()))
    except RuntimeError:
        return None


def _tuple(outputs: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return (outputs,) if isinstance(outputs, Tensor) else outputs


def compare(found: Tensor, expected: Tensor, exact: Tensor | None) -> str:
    """How an output ``found`` differs from ``expected``; "" if it does not.

    ``exact`` is the network's output in float64, if there is one. Logits [N, classes] must give
    the same class.
    """
    if found.shape != expected.shape:
        return (
            f"its outputs are of another shape: {tuple(found.shape)}, not {tuple(expected.shape)}"
        )
    if not expected.is_floating_point():
        return "" if torch.equal(found, expected) else "it answers another class than the network"
    size = expected.abs().max().item()
    rounding = UNMEASURED * size if exact is None else (expected - exact).abs().max().item()
    allowed = max(FACTOR * rounding, RELATIVE * size + ABSOLUTE)
    difference = (found - expected).abs().max().item()
    if not difference <= allowed:
        return (
            f"its outputs differ by {difference:.2g} from the network's (more than {allowed:.2g})"
        )
    if expected.dim() == 2 and expected.shape[1] > 1:
        best, second = expected.topk(2, dim=1).values.unbind(1)
        sure = best - second > 2 * allowed
        if (found.argmax(1) != expected.argmax(1))[sure].any():
            return "it answers another class than the network"
    return ""


def _make_room(target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RequestError(f"{target.parent}: cannot be written: {error.strerror}") from None
