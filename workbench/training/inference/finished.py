"""Opens a finished run: its network with weights, its transform and its class names.

Weights are read from safetensors, after a check of their hash; loading runs no code.
"""

from dataclasses import dataclass
from typing import Any, Literal

from torch import Tensor, nn

from workbench.config import RunConfig, change_config
from workbench.data.augmentation.transforms import TestTransform
from workbench.errors import RequestError, RunError
from workbench.models import build_model
from workbench.runs.store.folder import RunFolder
from workbench.runs.store.record import Record, read_record
from workbench.system.gpus import check_device
from workbench.training.checkpoints import files as checkpoint
from workbench.training.loop import devices
from workbench.training.loop.devices import Compute
from workbench.training.loop.test_time_augmentation import eval_model

Which = Literal["last", "best"]


@dataclass(frozen=True)
class FinishedRun:
    """A run with its network in evaluation mode."""

    folder: RunFolder
    config: RunConfig
    record: Record
    compute: Compute
    model: nn.Module
    weights: Which
    step: int  # at which the weights were taken

    def recorded(self, section: str, key: str) -> Any:
        """A value of the run's record; None where it has none."""
        return self.record.get(section, {}).get(key)

    @property
    def eval_model(self) -> nn.Module:
        """The network to evaluate: itself, or with test-time augmentation as configured."""
        return eval_model(self.model, self.config.augment)

    @property
    def crop(self) -> int:
        """Side of the test images that the run was evaluated on, px."""
        augment = self.config.augment
        return augment.test_crop or augment.crop or self.config.data.size

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of the logits."""
        names = self.recorded("data", "classes")
        if isinstance(names, list) and len(names) == self.config.data.classes:
            return tuple(map(str, names))
        return tuple(f"class {index}" for index in range(self.config.data.classes))

    @property
    def normalisation(self) -> tuple[list[float], list[float]]:
        """Mean and std of each channel (0 to 1) that the run's images were given."""
        mean, std = self.recorded("data", "mean"), self.recorded("data", "std")
        if isinstance(mean, list) and isinstance(std, list):
            return mean, std
        if self.config.data.mean and self.config.data.std:
            return list(self.config.data.mean), list(self.config.data.std)
        raise RunError(f"run {self.folder.id} does not tell how its images were normalised")

    def transform(self, mean: list[float], std: list[float], crop: int) -> TestTransform:
        """The transform of uint8 [N, C, S, S] to the network's float [N, C, crop, crop]."""
        return TestTransform(
            self.config, mean, std, crop=crop, channels_last=self.compute.channels_last
        )


def open_run(folder: RunFolder, weights: Which = "last", device: str | None = None) -> FinishedRun:
    """Rebuild a run's network and load its ``last`` or ``best`` weights.

    It computes on ``device`` (default: the run's, if it is here) in the record's precision.
    Raises :class:`RunError` where there are no weights or they do not fit the network.
    """
    config, record = folder.read_config(), read_record(folder.record)
    compute = devices.choose(_compute_config(config, record, device).train)
    snapshot = _weights(folder, weights)
    model = build_model(config)
    try:
        model.load_state_dict(evaluated_weights(config, snapshot))
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        raise RunError(f"{folder.checkpoints}: belongs to another network: {reason}") from None
    model = model.to(device=compute.device, memory_format=compute.memory_format)  # type: ignore[call-overload]
    return FinishedRun(folder, config, record, compute, model.eval(), weights, snapshot.step)


def evaluated_weights(config: RunConfig, snapshot: checkpoint.Snapshot) -> dict[str, Tensor]:
    """The weights that the run was evaluated with: their average, where it keeps one."""
    average = {
        name.removeprefix("ema."): tensor
        for name, tensor in snapshot.tensors.items()
        if name.startswith("ema.")
    }
    return average if config.train.ema and average else snapshot.weights


def takes(run: FinishedRun, side: int) -> bool:
    """Whether the network takes images of this side (px); tried with zeros."""
    import torch

    shape = (1, run.config.data.channels, side, side)
    image: Tensor = torch.zeros(shape, device=run.compute.device)
    try:
        with torch.inference_mode(), run.compute.autocast():
            run.model(image)
    except (RuntimeError, ValueError):  # torch's word for shapes that do not fit together
        return False
    return True


def _compute_config(config: RunConfig, record: Record, device: str | None) -> RunConfig:
    asked = device or config.train.device
    if device is None:
        try:
            check_device(asked)
        except RequestError:  # the run's GPU is not here: any device gives its weights' outputs
            asked = "auto"
    else:
        check_device(asked)
    changes: dict[str, Any] = {"train.device": asked}
    precision = record.get("environment", {}).get("precision")
    if precision in ("float32", "bfloat16", "float16"):
        changes["train.precision"] = precision
    return change_config(config, changes)


def _weights(folder: RunFolder, which: Which) -> checkpoint.Snapshot:
    try:
        return checkpoint.load(checkpoint.resolve_link(folder.checkpoints, which))
    except checkpoint.DamagedCheckpointError as error:
        raise RunError(f"run {folder.id} has no usable {which!r} weights: {error}") from None
