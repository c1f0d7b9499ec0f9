"""What a training can be given beside its network: exact when it is interrupted and repeated."""

from typing import Any

import pytest

from tests.training.conftest import Prepare, training_events
from tests.training.worker.test_resume import stop_after, work
from workbench.runs.store.record import read_record

VARIANTS: list[dict[str, Any]] = [
    {"data__balance": "class"},
    {"data__folds": 5, "data__fold": 2},
    {"train__checkpoint_activations": True, "model__dropout": 0.3},
    {"schedule__kind": "restarts", "schedule__period": 1.0, "schedule__warmup": 0.0},
    {"optimizer__kind": "lion"},
    {"optimizer__kind": "adafactor", "optimizer__weight_decay": 0.01},
    {"optimizer__kind": "timm", "optimizer__name": "lamb"},
    {"optimizer__kind": "timm", "optimizer__name": "lars", "optimizer__lr": 0.1},
    {"model__drop_path": 0.5, "model__blocks": [2, 2]},
]


@pytest.mark.parametrize(
    "changes", VARIANTS, ids=lambda changes: "-".join(map(str, next(iter(changes.items()))))
)
@pytest.mark.parametrize("step", [2, 6])  # of 4 an epoch: within the first, within the second
def test_resumed_equals_undisturbed(
    new_run: Prepare, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], step: int
) -> None:
    calm, broken = new_run("calm", **changes), new_run("broken", **changes)
    expected = work(calm)
    with monkeypatch.context() as patch:
        stop_after(step, patch)
        assert work(broken)["run"]["status"] == "stopped"
    record = work(broken)
    assert record["run"]["status"] == "finished"
    assert record["result"]["weights_sha256"] == expected["result"]["weights_sha256"]
    assert training_events(broken) == training_events(calm)


def test_computing_again_changes_no_bit(new_run: Prepare) -> None:
    plain = work(new_run("plain", model__dropout=0.3))
    again = work(new_run("again", model__dropout=0.3, train__checkpoint_activations=True))
    assert again["result"]["weights_sha256"] == plain["result"]["weights_sha256"]


def test_each_fold_validates_with_other_images(new_run: Prepare) -> None:
    hashes, sizes = set(), []
    for fold in (1, 2, 3):
        folder = new_run(f"fold{fold}", data__folds=3, data__fold=fold, train__epochs=1)
        work(folder)
        data = read_record(folder.record)["data"]
        hashes.add(data["hash"])
        sizes.append((data["train"], data["validation"]))
    assert len(hashes) == 3 and all(sum(pair) == 256 for pair in sizes)
    assert sorted(pair[1] for pair in sizes) == [85, 85, 86]
