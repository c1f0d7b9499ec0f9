"""The network of every installed preset, by the battery and against its golden file."""

from pathlib import Path

import pytest

from workbench.presets import list_presets
from workbench.testing import check_model

GOLDEN = Path(__file__).parent.parent / "golden"
NAMES = [
    preset.name for preset in list_presets() if not preset.own and preset.task == "classification"
]


@pytest.mark.parametrize("name", NAMES)
def test_preset(name: str, update_golden: bool) -> None:
    check_model(name, golden=GOLDEN / f"{name}.json", update_golden=update_golden)


def test_every_golden_file_belongs_to_a_preset() -> None:
    kept = {path.relative_to(GOLDEN).with_suffix("").as_posix() for path in GOLDEN.glob("*/*.json")}
    installed = {preset.name for preset in list_presets() if not preset.own}

    assert kept <= installed
