"""``model.weights`` as a new run is given it: absolute, and there."""

from pathlib import Path

from workbench.config import RunConfig, change_config
from workbench.errors import ConfigError
from workbench.runs.store.folder import find_run
from workbench.system.paths import is_file

SUFFIXES = (".safetensors", ".pth", ".pt", ".bin", ".ckpt")


def resolve_weights(config: RunConfig, runs_dir: Path) -> RunConfig:
    """The configuration with the file or run of ``model.weights`` named by its absolute path.

    Raises :class:`ConfigError` where it is not there, and like ``find_run`` for a run.
    """
    source = getattr(config.model, "weights", "")
    if not source or source == "pretrained":
        return config
    if source.startswith("run:"):
        name = source.removeprefix("run:")
        folder = Path(name) if "/" in name else find_run(name, runs_dir).path
        file = folder / "checkpoints" / "last" / "weights.safetensors"
        if not is_file(file):
            raise ConfigError({"model.weights": f"{folder}: this run has no weights"})
        return change_config(config, {"model.weights": f"run:{folder.absolute()}"})
    path = Path(source).expanduser().absolute()
    if not is_file(path):
        raise ConfigError({"model.weights": f"{path}: no such file"})
    if path.suffix not in SUFFIXES:
        wanted = ", ".join(SUFFIXES)
        raise ConfigError({"model.weights": f"{path}: is none of {wanted}"})
    return change_config(config, {"model.weights": str(path)})
