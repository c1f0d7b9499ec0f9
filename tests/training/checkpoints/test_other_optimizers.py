"""What other optimisers keep comes back from a checkpoint as it was, numbers and counters too."""

from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from tests.training.trainers import small_trainer
from workbench.config.sections.optimizer import TimmName
from workbench.training.checkpoints import files, snapshots

KINDS = [
    *({"optimizer__kind": kind} for kind in ("lion", "adafactor", "nadam", "radam", "muon")),
    *({"optimizer__kind": "timm", "optimizer__name": name} for name in get_args(TimmName)),
]


@pytest.mark.parametrize("changes", KINDS, ids=lambda changes: "-".join(changes.values()))
def test_it_goes_on_to_the_bit(tmp_path: Path, changes: dict[str, Any]) -> None:
    rest = {"optimizer__weight_decay": 0.01, "optimizer__decay_norms": False}
    calm, first, second = (small_trainer(**changes, **rest) for _ in range(3))
    for trainer in (calm, first):
        for _ in range(3):
            trainer.train_step()
    files.save(tmp_path, snapshots.take(first))
    second.train_step()  # a state of its own, which must not remain
    snapshots.restore(second, files.load(files.resolve_link(tmp_path, "last")))
    for trainer in (calm, second):
        for _ in range(3):
            trainer.train_step()
    expected = files.optimizer_state(calm.optimizer, calm.model)
    found = files.optimizer_state(second.optimizer, second.model)
    assert expected.keys() == found.keys()
    for name, value in (expected | calm.model.state_dict()).items():
        other = (found | second.model.state_dict())[name]
        assert value.dtype == other.dtype and torch.equal(value, other), name
