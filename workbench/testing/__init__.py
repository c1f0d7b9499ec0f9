"""A standard battery of tests for networks, usable from any pytest suite.

    from workbench.testing import check_model

    def test_my_network():
        check_model(lambda: MyNetwork(classes=10), shape=(3, 32, 32), classes=10)

    def test_a_preset(update_golden):
        check_model("resnet/resnet20-cifar10", golden="golden/resnet20.json",
                    update_golden=update_golden)

The plugin that comes with it collects presets (``pytest --workbench-presets``) and adds the
option ``--update-golden`` with a fixture of that name.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.testing.battery import CHECKS as CHECKS
    from workbench.testing.battery import check_model as check_model
    from workbench.testing.golden import check_counts as check_counts
    from workbench.testing.golden import counts as counts
    from workbench.testing.subject import Subject as Subject

__all__ = ["CHECKS", "Subject", "check_counts", "check_model", "counts"]

# Imported when first used: pytest loads the plugin of this package, and needs no torch for it.
_HOMES = {
    "CHECKS": "battery",
    "Subject": "subject",
    "check_counts": "golden",
    "check_model": "battery",
    "counts": "golden",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
