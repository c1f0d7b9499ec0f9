"""Asking, before a run exists, whether a network that is not ours can be built and trained."""

import json
import subprocess
import sys

from workbench.config import RunConfig, change_config, plugins, to_toml
from workbench.errors import ConfigError, RunError

NEEDS_A_TRIAL = frozenset(("python",))  # kinds of networks that may fail in ways of their own
PATIENCE = 300.0  # seconds
COMMAND = [sys.executable, "-P", "-m", "workbench.models.trial"]  # -P: no stranger's random.py


def check_network(config: RunConfig) -> RunConfig:
    """Try the network in a process of its own; raises :class:`ConfigError` where it fails.

    Gives the configuration, with the mean and std that pretrained weights were trained with
    where it names none.
    """
    if not _needs_trial(config):
        return config
    try:
        done = subprocess.run(
            COMMAND, input=to_toml(config).encode(), capture_output=True, timeout=PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RunError(f"the network could not be tried: {error}") from None
    if done.returncode == 0:
        return _with_changes(config, done.stdout)
    try:
        problems = json.loads(done.stdout.splitlines()[-1])["problems"]
    except (IndexError, ValueError, KeyError, TypeError):
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        words = lines[-1] if lines else f"its process ended with status {done.returncode}"
        problems = {"model.target": f"trying it failed: {words[:300]}"}
    raise ConfigError({str(key): str(text) for key, text in problems.items()})


def _needs_trial(config: RunConfig) -> bool:
    model = config.model
    strange = model.kind in NEEDS_A_TRIAL or model.kind in plugins.names("model")
    return strange or bool(getattr(model, "weights", "") or getattr(model, "freeze", ()))


def _with_changes(config: RunConfig, output: bytes) -> RunConfig:
    """The configuration with what the trial says of the data, where it says nothing itself."""
    for line in output.splitlines():
        try:
            changes = json.loads(line)["changes"]
        except (ValueError, KeyError, TypeError):
            continue
        fitting = len(changes.get("data.mean", ())) == config.data.channels
        if fitting and not (config.data.mean or config.data.std):
            return change_config(config, changes)
    return config
