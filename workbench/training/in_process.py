"""Training a network that was given in Python, in the process that has it."""

from pathlib import Path

from torch import nn

from workbench.config import RunConfig, change_config
from workbench.config.split_check import resolve_to_train
from workbench.errors import ConfigError
from workbench.models.python import given
from workbench.models.trial import try_network
from workbench.runs.history.run_info import read_run
from workbench.runs.live.launch import prepare
from workbench.runs.store.folder import RunFolder
from workbench.system.gpus import check_devices
from workbench.system.signals import signals_given_back
from workbench.training.inference.finished import open_run
from workbench.training.worker.main import work


def prepare_given(
    config: RunConfig,
    network: nn.Module,
    runs_dir: Path,
    data: str | Path | None = None,
    name: str | None = None,
) -> RunFolder:
    """The folder of a new run of ``network``; refuses before anything is written."""
    with given(network) as target:
        changes = {"model.kind": "python", "model.target": target}
        fitted = resolve_to_train(change_config(config, changes), data)
        check_devices(fitted.train)
        if fitted.train.devices != 1:
            raise ConfigError({"train.devices": "a network given in Python trains here: leave 1"})
        try_network(fitted)
    return prepare(fitted, runs_dir, name)


def train_here(folder: RunFolder, network: nn.Module) -> RunFolder:
    """Be the run's worker until it ends; ``network`` then has the weights that it came to."""
    with given(network), signals_given_back():
        work(folder)
        if read_run(folder).status.name == "finished":
            network.load_state_dict(open_run(folder, "last", "cpu").model.state_dict())
    return folder
