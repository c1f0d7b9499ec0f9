"""The network of every installed preset, by the battery and against its golden file."""

from pathlib import Path

import pytest

from workbench.config.presets import list_presets, load_preset
from workbench.testing import check_counts, check_model

GOLDEN = Path(__file__).parent.parent / "golden"
PRESETS = {preset.name: preset for preset in list_presets() if not preset.own}
CLASSIFIERS = [name for name, preset in PRESETS.items() if preset.task == "classification"]


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_battery(name: str) -> None:
    check_model(name)


@pytest.mark.parametrize("name", PRESETS)
def test_counts(name: str, update_golden: bool) -> None:
    check_counts(load_preset(name), GOLDEN / f"{name}.json", update=update_golden)


def test_there_is_a_golden_file_for_each_preset() -> None:
    kept = {path.relative_to(GOLDEN).with_suffix("").as_posix() for path in GOLDEN.glob("*/*.json")}

    assert kept == set(PRESETS)
