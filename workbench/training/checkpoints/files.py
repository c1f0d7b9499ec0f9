"""The files of a checkpoint: written atomically, and loaded without running code from them.

``checkpoints/step-000001200/`` holds ``weights.safetensors``, ``state.safetensors``
(optimiser and metric sums) and ``state.json`` (everything that is no tensor,
with the hashes of the two). ``last`` and ``best`` are links to such folders.
"""

import errno
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from workbench.runs.store.atomic import sync_folder
from workbench.runs.store.files import make_folder, open_to_read, read_json

STEP_FOLDER = re.compile(r"step-(\d{9,})")
KEEP = 2  # newest ones kept: the one before is there if the newest is damaged


class DamagedCheckpointError(Exception):
    """A checkpoint that cannot be used; the text says why."""


@dataclass
class Snapshot:
    """The state of a training at a step, copied: it can be written while training goes on."""

    step: int
    weights: dict[str, Tensor]
    tensors: dict[str, Tensor] = field(default_factory=dict)
    numbers: dict[str, Any] = field(default_factory=dict)


def save(folder: Path, snapshot: Snapshot, *, best: bool = False) -> Path:
    """Write a snapshot durably as ``last`` (and ``best``), then delete superseded ones.

    Raises OSError where it cannot be written; earlier checkpoints are then untouched.
    """
    target = folder / f"step-{snapshot.step:09d}"
    scratch = folder / f".{target.name}.part"
    shutil.rmtree(scratch, ignore_errors=True)
    make_folder(folder)  # never its parent: a run's folder that is gone stays gone
    scratch.mkdir()
    try:
        hashes = {}
        for name, tensors in (("weights", snapshot.weights), ("state", snapshot.tensors)):
            path = scratch / f"{name}.safetensors"
            _save_tensors(tensors, path)
            hashes[path.name] = _sync_and_hash(path)
        content = {"step": snapshot.step, "sha256": hashes, **snapshot.numbers}
        (scratch / "state.json").write_text(json.dumps(content))
        _sync_and_hash(scratch / "state.json")
        sync_folder(scratch)
        if target.exists():  # written before, by a run that was then killed and resumed
            shutil.rmtree(target)
        scratch.rename(target)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    _link(folder / "last", target)
    if best:
        _link(folder / "best", target)
    sync_folder(folder)
    _prune(folder)
    return target


def load(folder: Path) -> Snapshot:
    """Read one checkpoint folder; raises :class:`DamagedCheckpointError`."""
    try:
        numbers = read_json(folder / "state.json", below=2)
        hashes = numbers.pop("sha256")
        step = int(numbers.pop("step"))
        for name in ("weights.safetensors", "state.safetensors"):
            if _hash(folder / name) != hashes[name]:
                raise DamagedCheckpointError(f"{folder.name}/{name} is not what was written")
        weights = load_file(folder / "weights.safetensors")
        tensors = load_file(folder / "state.safetensors")
    except OSError as error:
        raise DamagedCheckpointError(f"{folder.name}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, SafetensorError) as error:
        raise DamagedCheckpointError(f"{folder.name}: cannot be read: {error}") from None
    return Snapshot(step, weights, tensors, numbers)


def load_newest(folder: Path) -> tuple[Snapshot | None, list[str]]:
    """The newest undamaged checkpoint, and what is wrong with newer ones."""
    complaints: list[str] = []
    for candidate in _newest_first(folder):
        try:
            return load(candidate), complaints
        except DamagedCheckpointError as error:
            complaints.append(str(error))
    return None, complaints


def resolve_link(folder: Path, name: str) -> Path:
    """The folder that ``last`` or ``best`` links to.

    Raises :class:`DamagedCheckpointError` where there is none, or it is outside ``folder``.
    """
    link = folder / name
    if not link.exists():
        raise DamagedCheckpointError(f"there is no checkpoint {name!r}")
    target = link.resolve()
    if target.parent != folder.resolve():
        raise DamagedCheckpointError(f"{name} leads out of the run's folder")
    return target


def weights_hash(weights: dict[str, Tensor]) -> str:
    """sha256 of the tensors' bytes in the order of their names."""
    digest = hashlib.sha256()
    for name in sorted(weights):
        tensor = weights[name].detach().cpu().contiguous()
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def detach(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Contiguous copies on the CPU, as safetensors wants them."""
    return {
        name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()
    }


def optimizer_state(optimizer: torch.optim.Optimizer, model: nn.Module) -> dict[str, Tensor]:
    """The optimiser's tensors by ``optimizer/<parameter>/<name>``.

    Its groups are configuration, and may be cut otherwise when it is restored; but some
    optimisers count their steps there: ``group/<index>/step``.
    """
    counted = {
        f"group/{index}/step": _as_tensor(group["step"])
        for index, group in enumerate(optimizer.param_groups)
        if "step" in group
    }
    names: dict[Tensor, str] = {p: name for name, p in model.named_parameters()}
    return counted | {
        f"optimizer/{names[parameter]}/{key}": _as_tensor(value)
        for parameter, state in optimizer.state.items()
        for key, value in state.items()
        if value is not None
    }


def restore_optimizer(
    optimizer: torch.optim.Optimizer, model: nn.Module, tensors: dict[str, Tensor]
) -> None:
    """Load the tensors of :func:`optimizer_state` into an optimiser over the same parameters."""
    named = dict(model.named_parameters())
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    indices = {parameter: index for index, parameter in enumerate(parameters)}
    state: dict[int, dict[str, Any]] = {}
    for path, value in tensors.items():
        kind, _, rest = path.partition("/")
        if kind != "optimizer":
            continue
        name, _, key = rest.rpartition("/")
        parameter = named[name]
        if value.shape == parameter.shape:  # the same layout as before, so the same arithmetic
            value = torch.empty_like(parameter, dtype=value.dtype).copy_(value)
        state.setdefault(indices[parameter], {})[key] = _as_it_was(value)
    groups = optimizer.state_dict()["param_groups"]
    for index, group in enumerate(groups):
        if (counted := tensors.get(f"group/{index}/step")) is not None:
            group["step"] = _as_it_was(counted)
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _as_tensor(value: Any) -> Tensor:
    """A value of an optimiser's state; Python's own numbers keep all their digits."""
    exact = {int: torch.int64, float: torch.float64}.get(type(value))
    return torch.as_tensor(value, dtype=exact)


def _as_it_was(value: Tensor) -> Any:
    """The number, or the tensor, that became this one (:func:`_as_tensor`)."""
    is_number = value.ndim == 0 and value.dtype in (torch.int64, torch.float64)
    return value.item() if is_number else value


def _save_tensors(tensors: dict[str, Tensor], path: Path) -> None:
    try:
        save_file(tensors, path)
    except SafetensorError as error:  # it wraps what the system said, a full disk above all
        raise OSError(errno.EIO, str(error).rpartition(": ")[2], str(path)) from None


def _newest_first(folder: Path) -> Iterator[Path]:
    names = [path for path in folder.glob("step-*") if STEP_FOLDER.fullmatch(path.name)]
    yield from sorted(names, key=lambda path: path.name, reverse=True)


def _prune(folder: Path) -> None:
    kept = set(list(_newest_first(folder))[:KEEP])
    if (folder / "best").exists():
        kept.add(folder / (folder / "best").readlink())
    for path in list(_newest_first(folder)):
        if path not in kept:
            shutil.rmtree(path, ignore_errors=True)


def _link(link: Path, target: Path) -> None:
    scratch = link.with_name(f".{link.name}.part")
    scratch.unlink(missing_ok=True)
    scratch.symlink_to(target.name)
    scratch.replace(link)


def _hash(path: Path) -> str:
    with open_to_read(path, below=2) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync_and_hash(path: Path) -> str:
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    return _hash(path)
