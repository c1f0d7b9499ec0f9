"""What every test has: folders of its own in place of the user's."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home; no test reads or writes the presets, runs, data or cache of who runs it."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.delenv("WORKBENCH_DATA", raising=False)
    monkeypatch.setenv("HOME", str(folder))
    for name in ("RUNS", "PRESETS", "CACHE"):
        monkeypatch.setenv(f"WORKBENCH_{name}", str(folder / name.lower()))
    return folder
