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

from workbench.testing.battery import CHECKS, check_model
from workbench.testing.golden import check_counts, counts
from workbench.testing.subject import Subject

__all__ = ["CHECKS", "Subject", "check_counts", "check_model", "counts"]
