"""A sweep whose runs begin with weights from elsewhere is refused where they are not there."""

from pathlib import Path

import pytest

from workbench.config.presets import load_preset
from workbench.errors import ConfigError
from workbench.sweeps.launch import check_data
from workbench.sweeps.plan import PlannedRun


def test_weights_that_are_not_there_are_told_before_a_run_begins(tmp_path: Path) -> None:
    config = load_preset("quick/digits", {"model.weights": "nowhere.pth"})
    fields = dict.fromkeys(PlannedRun.__dataclass_fields__)
    run = PlannedRun(**{**fields, "id": "one", "config": config})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"nowhere\.pth: no such file"):
        check_data([run], tmp_path, None)
