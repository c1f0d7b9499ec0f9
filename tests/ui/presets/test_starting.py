"""Starting a run from the app, as far as that is refused."""

from pathlib import Path
from typing import cast

import pytest

from workbench.config.presets import load_preset
from workbench.errors import ConfigError
from workbench.runs.live.preloaded import PreloadedWorker
from workbench.ui.context import AppContext
from workbench.ui.presets.starting import start_run


async def test_an_empty_split_is_refused_before_a_run_exists(tmp_path: Path) -> None:
    config = load_preset("quick/digits", {"data.limit": 15})
    with pytest.raises(ConfigError, match="leaves 1 image") as caught:
        await start_run(config, AppContext(tmp_path / "runs", None, cast(PreloadedWorker, None)))
    assert list(caught.value.problems) == ["data.limit"]
    assert not (tmp_path / "runs").exists()
