"""Learning rates: the studies' published points, and what each formula promises."""

import pytest

from workbench.config import RunConfig
from workbench.config.learning_rate import Plateau, lr_at, lr_list
from workbench.config.presets import load_preset
from workbench.config.sections.schedule import PlateauSchedule

STUDY_1 = {
    "optimizer.lr": 0.1,
    "schedule.kind": "quarter_cosine",
    "schedule.end": 0.01,
    "schedule.warmup": 5.0,
    "schedule.warmup_start": 0.5,
    "schedule.per": "epoch",
    "train.epochs": 60,
}


def config(**changes: object) -> RunConfig:
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    return load_preset("quick/digits", {"optimizer.lr": 1.0, "schedule.warmup": 0.0} | dotted)


def test_study_1_to_six_digits() -> None:
    rates = lr_list(load_preset("resnet/resnet18-cifar10", STUDY_1))
    assert [round(rate, 6) for rate in rates[:6]] == [0.05, 0.06, 0.07, 0.08, 0.09, 0.1]
    published = {7: 0.099958, 8: 0.099833, 9: 0.099623, 10: 0.099331, 51: 0.026623, 59: 0.003879}
    assert {epoch: round(rates[epoch - 1], 6) for epoch in published} == published
    assert rates[59] == pytest.approx(0.001)
    assert len(rates) == 60


def test_study_5_falls_exponentially_over_its_steps() -> None:
    rates = lr_list(config(optimizer__lr=1e-3, schedule__kind="exponential", train__steps=2000))
    assert len(rates) == 2000
    assert rates[0] == pytest.approx(1e-3)
    assert rates[-1] == pytest.approx(1e-4)
    assert rates[1000] / rates[999] == pytest.approx(rates[1] / rates[0])


def test_step_decays_every_ten_epochs() -> None:
    rates = lr_list(config(schedule__kind="step", schedule__every=10, train__epochs=30))
    assert rates[9] == 1.0
    assert rates[10] == pytest.approx(0.1)
    assert rates[29] == pytest.approx(0.01)


def test_multistep_decays_at_its_milestones() -> None:
    rates = lr_list(
        config(schedule__kind="multistep", schedule__milestones=[0.5, 0.75], train__epochs=8)
    )
    assert rates == pytest.approx([1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01])


def test_half_a_cosine_is_half_way_at_half_time() -> None:
    rates = lr_list(config(schedule__kind="cosine", train__epochs=10), steps_per_epoch=7)
    assert rates[0] == 1.0
    assert rates[5] == pytest.approx(0.5)


def test_one_cycle_rises_then_falls() -> None:
    rates = lr_list(config(schedule__kind="onecycle", schedule__rise=0.25, train__steps=101))
    assert rates[0] == pytest.approx(0.04)
    assert max(range(101), key=rates.__getitem__) == 25
    assert rates[25] == pytest.approx(1.0)
    assert rates[100] == pytest.approx(1e-5)


def test_cyclic_makes_triangles() -> None:
    rates = lr_list(
        config(schedule__kind="cyclic", schedule__period=4.0, schedule__floor=0.2, train__epochs=9)
    )
    assert rates == pytest.approx([0.2, 0.6, 1.0, 0.6, 0.2, 0.6, 1.0, 0.6, 0.2])


def test_warm_up_by_steps_moves_at_every_step() -> None:
    warm = config(schedule__kind="constant", schedule__warmup=2.0, train__epochs=4)
    rates = [lr_at(warm, step, 40, 10) for step in range(40)]
    assert rates[:4] == pytest.approx([0.0, 0.05, 0.1, 0.15])
    assert rates[20:] == [1.0] * 20


def test_plateau_waits_then_reduces_and_stops_at_its_floor() -> None:
    schedule = PlateauSchedule(factor=0.1, patience=1, floor=0.05)
    plateau = Plateau()
    for loss in (1.0, 0.9, 0.9):
        plateau.tell(schedule, loss)
    assert plateau.factor == 1.0
    plateau.tell(schedule, 0.9)
    assert plateau.factor == pytest.approx(0.1)
    for loss in (0.9, 0.9, float("nan"), 0.9):
        plateau.tell(schedule, loss)
    assert plateau.factor == 0.05
