"""Weights from elsewhere: a file, another run, or the package that the network is of.

Files are read as tensors only: nothing in them runs. What fits by name and shape is loaded,
what does not is listed; a head of another width stays as it was made.
"""

import hashlib
import importlib
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from workbench.config.sections.models import TimmModel, TorchvisionModel
from workbench.errors import ConfigError

# What trainers call the weights in what they save; an average of them is preferred.
INSIDE = ("state_dict_ema", "model_ema", "ema", "state_dict", "model_state_dict", "model_state",
          "model", "net", "network", "weights")  # fmt: skip
PREFIXES = ("module.", "_orig_mod.", "model.", "network.", "net.", "backbone.", "encoder.")
PRETRAINED = "pretrained"
Say = Callable[[str], None]


@dataclass(frozen=True)
class Loaded:
    """What came of loading weights."""

    source: str
    sha256: str
    loaded: int  # tensors
    kept_new: list[str] = field(default_factory=list)  # of the network, not in the source
    other_shape: list[str] = field(default_factory=list)  # "head.weight 10×512, there 1000×512"
    unused: list[str] = field(default_factory=list)  # in the source, not in the network

    @property
    def words(self) -> str:
        """In one line, with the first few names of what does not fit."""
        parts = [f"{self.loaded} tensors from {self.source}"]
        for what, names in (
            ("of another shape", self.other_shape),
            ("not there, made anew", self.kept_new),
            ("not used", self.unused),
        ):
            if names:
                more = f" and {len(names) - 3} more" if len(names) > 3 else ""
                parts.append(f"{what}: {', '.join(names[:3])}{more}")
        return "; ".join(parts)


def load_weights(network: nn.Module, model: Any, say: Say = lambda _: None) -> Loaded | None:
    """Load what ``model.weights`` names into the network; None where it names nothing.

    Raises :class:`ConfigError` where it cannot be read and where nothing fits.
    """
    source = getattr(model, "weights", "")
    if not source:
        return None
    if source == PRETRAINED:
        say(f"fetching the weights of {getattr(model, 'name', model.kind)}")
        found = _pretrained(model)
        digest = _hash(found)
    else:
        path = weights_file(source)
        found, digest = read_weights(path), _file_hash(path)
    return _fit(network, found, source, digest)


def weights_file(source: str) -> Path:
    """The file that ``model.weights`` names: itself, or the last weights of a run's folder."""
    if not source.startswith("run:"):
        return Path(source).expanduser()
    folder = Path(source.removeprefix("run:")).expanduser()
    return folder / "checkpoints" / "last" / "weights.safetensors"


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name; raises :class:`ConfigError`, and runs nothing."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ConfigError({"model.weights": f"{path}: no such file"}) from None
    except pickle.UnpicklingError:
        problem = "holds more than tensors, which could run code; save its state_dict alone"
        raise ConfigError({"model.weights": f"{path}: {problem}"}) from None
    except (OSError, SafetensorError, RuntimeError, EOFError, ValueError, KeyError) as error:
        words = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise ConfigError({"model.weights": f"{path}: cannot be read: {words}"}) from None
    found = _tensors(content)
    if not found:
        raise ConfigError({"model.weights": f"{path}: holds no tensors by name"})
    return found


def _tensors(content: Any) -> dict[str, Tensor]:
    """The table of tensors in what a trainer saved, however deep it lies."""
    if not isinstance(content, Mapping):
        return {}
    for name in INSIDE:
        if inside := _tensors(content.get(name)):
            return inside
    return {str(name): value for name, value in content.items() if isinstance(value, Tensor)}


def _fit(network: nn.Module, found: dict[str, Tensor], source: str, digest: str) -> Loaded:
    own = network.state_dict()
    named = max(_renamings(found), key=lambda names: len(names.keys() & own.keys()))
    fits = {
        name: value
        for name, value in named.items()
        if name in own and value.shape == own[name].shape
    }
    weights = {name for name, _ in network.named_parameters()}
    if not weights & fits.keys():
        there, here = next(iter(found), "nothing"), next(iter(own), "nothing")
        raise ConfigError(
            {"model.weights": f"{source}: nothing fits; it has {there}, …, the network {here}, …"}
        )
    with torch.no_grad():
        for name, value in fits.items():
            own[name].copy_(value)  # half precision becomes what the network has
    other = [
        f"{name} {_shape(value)}, there {_shape(named[name])}"
        for name, value in own.items()
        if name in named and name not in fits
    ]
    return Loaded(
        source,
        digest,
        len(fits),
        sorted(own.keys() - named.keys()),
        other,
        sorted(named.keys() - own.keys()),
    )


def _renamings(found: dict[str, Tensor]) -> list[dict[str, Tensor]]:
    """The tensors under their names, and with one wrapper's prefix after the other taken off."""
    named, result = found, [found]
    for _ in range(3):
        prefix = next((p for p in PREFIXES if all(name.startswith(p) for name in named)), None)
        if prefix is None:
            prefix = next((p for p in PREFIXES if any(n.startswith(p) for n in named)), None)
        if prefix is None:
            break
        named = {name.removeprefix(prefix): value for name, value in named.items()}
        result.append(named)
    return result


def _pretrained(model: Any) -> dict[str, Tensor]:
    """The package's own weights, from its cache or fetched."""
    try:
        if isinstance(model, TimmModel):
            timm: Any = importlib.import_module("timm")
            network = timm.create_model(model.name, pretrained=True)
        elif isinstance(model, TorchvisionModel):
            from torchvision.models import get_model

            network = get_model(model.name, weights="DEFAULT")
        else:
            raise ConfigError(
                {"model.weights": f"{model.kind} has no pretrained weights; name a file or run:RUN"}
            )
    except ConfigError:
        raise
    except Exception as error:  # noqa: BLE001 (no network, no such weights, a full disk)
        words = (str(error).splitlines() or [type(error).__name__])[0][:200]
        raise ConfigError({"model.weights": f"{_where(model)}: {words}"}) from None
    state: dict[str, Tensor] = network.state_dict()
    return state


def _where(model: Any) -> str:
    """What to put where, if it cannot be fetched."""
    if isinstance(model, TorchvisionModel):
        from torchvision.models import get_model_weights

        try:
            url = str(get_model_weights(model.name).DEFAULT.url)
        except (ValueError, AttributeError):
            return f"torchvision has no pretrained weights of {model.name}"
        folder = Path(torch.hub.get_dir()) / "checkpoints"
        return f"cannot be fetched; put {url} into {folder}"
    return f"cannot be fetched; give the file of timm's {model.name} as model.weights"


def normalisation_of(model: Any) -> tuple[list[float], list[float]] | None:
    """Mean and std that the package's own weights were trained with; None where unknown."""
    if getattr(model, "weights", "") != PRETRAINED:
        return None
    if isinstance(model, TimmModel):
        timm: Any = importlib.import_module("timm")
        cfg = timm.get_pretrained_cfg(model.name)
        return (list(cfg.mean), list(cfg.std)) if cfg else None
    if isinstance(model, TorchvisionModel):
        return [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]  # of all its classifiers
    return None


def _hash(tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(name.encode())
        digest.update(tensors[name].contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _shape(value: Tensor) -> str:
    return "×".join(map(str, value.shape)) or "one number"
