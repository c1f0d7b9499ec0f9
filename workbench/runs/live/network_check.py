"""Asking, before a run exists, whether a network that is not ours can be built and trained."""

import json
import subprocess
import sys

from workbench.config import RunConfig, plugins, to_toml
from workbench.errors import ConfigError, RunError

NEEDS_A_TRIAL = frozenset(("python",))  # kinds of networks that may fail in ways of their own
PATIENCE = 300.0  # seconds
COMMAND = [sys.executable, "-P", "-m", "workbench.models.trial"]  # -P: no stranger's random.py


def check_network(config: RunConfig) -> None:
    """Try the network in a process of its own; raises :class:`ConfigError` where it fails."""
    if config.model.kind not in NEEDS_A_TRIAL and config.model.kind not in plugins.names("model"):
        return
    try:
        done = subprocess.run(
            COMMAND, input=to_toml(config).encode(), capture_output=True, timeout=PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise RunError(f"the network could not be tried: {error}") from None
    if done.returncode == 0:
        return
    try:
        problems = json.loads(done.stdout.splitlines()[-1])["problems"]
    except (IndexError, ValueError, KeyError, TypeError):
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        words = lines[-1] if lines else f"its process ended with status {done.returncode}"
        problems = {"model.target": f"trying it failed: {words[:300]}"}
    raise ConfigError({str(key): str(text) for key, text in problems.items()})
