"""Learning rates: the studies' published points, and what each formula promises."""

import pytest

from workbench.config import RunConfig, change_config
from workbench.config.learning_rate import (
    NOMINAL_STEPS_PER_EPOCH,
    Plateau,
    lr_at,
    lr_list,
    nominal_steps_per_epoch,
)
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


BASE = load_preset("quick/digits", {"schedule.warmup": 0.0})


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


def test_a_cosine_falls_to_its_end_and_not_further() -> None:
    config = change_config(BASE, {"schedule.kind": "cosine", "schedule.end": 0.2})
    rates = [lr_at(config, step, 100, 10) for step in (0, 50, 99)]
    assert rates[0] == pytest.approx(config.optimizer.lr)
    assert rates[1] == pytest.approx(config.optimizer.lr * 0.6)
    assert config.optimizer.lr * 0.2 < rates[2] < config.optimizer.lr * 0.201


def test_linear_goes_from_the_rate_to_its_end() -> None:
    config = change_config(BASE, {"schedule.kind": "linear", "schedule.end": 0.5})
    rates = [lr_at(config, step, 11, 11) / config.optimizer.lr for step in range(11)]
    assert rates == pytest.approx([1 - 0.05 * step for step in range(11)])


def test_a_rate_per_epoch_stays_within_the_epoch() -> None:
    config = change_config(
        BASE, {"schedule.kind": "linear", "schedule.end": 0.0, "schedule.per": "epoch"}
    )
    rates = [lr_at(config, step, 30, 10) / config.optimizer.lr for step in range(30)]
    assert rates == pytest.approx([1.0] * 10 + [0.5] * 10 + [0.0] * 10)


def test_each_triangle_is_lower_than_the_one_before() -> None:
    changes = {
        "schedule.kind": "cyclic", "schedule.period": 2, "schedule.floor": 0.0,
        "schedule.shrink": 0.5,
    }  # fmt: skip
    config = change_config(BASE, changes)
    tops = [lr_at(config, step, 60, 10) / config.optimizer.lr for step in (10, 30, 50)]
    assert tops == pytest.approx([1.0, 0.5, 0.25])


def test_one_cycle_begins_at_its_start_and_is_highest_where_it_turns() -> None:
    changes = {
        "schedule.kind": "onecycle", "schedule.start": 0.1, "schedule.rise": 0.5,
        "schedule.end": 0.0,
    }  # fmt: skip
    config = change_config(BASE, changes)
    rates = [lr_at(config, step, 101, 101) / config.optimizer.lr for step in (0, 25, 50, 75, 100)]
    assert rates == pytest.approx([0.1, 0.55, 1.0, 0.5, 0.0])


@pytest.mark.parametrize(
    ("changes", "steps"),
    [
        ({"data.validation": 0.1, "train.batch_size": 100}, 450),
        ({"data.validation": 0.2, "train.batch_size": 100}, 400),
        ({"data.validation": 0.1, "train.batch_size": 100, "data.limit": 1000}, 10),
        ({"data.validation": 0.1, "train.batch_size": 100, "data.limit": 50_000}, 450),
        ({"data.validation": 0.1, "train.batch_size": 50_000}, 1),
        ({"data.folds": 5, "data.fold": 1, "train.batch_size": 100}, 400),
    ],
)
def test_the_steps_of_an_epoch_of_a_known_data_set(changes: dict[str, object], steps: int) -> None:
    config = load_preset("resnet/resnet20-cifar10", changes)
    assert nominal_steps_per_epoch(config) == steps


def test_the_steps_of_an_epoch_of_a_folder_are_nominal() -> None:
    config = load_preset("scalable/resnet18-food11")
    assert nominal_steps_per_epoch(config) == NOMINAL_STEPS_PER_EPOCH


def test_a_plateau_counts_anew_after_each_reduction_and_each_fall() -> None:
    settings = PlateauSchedule(patience=1, factor=0.5, threshold=0.0, floor=0.0)
    plateau = Plateau()
    factors = []
    for loss in (1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5):
        plateau.tell(settings, loss)
        factors.append(plateau.factor)
    # An equal loss is no fall; two of them reduce.
    assert factors == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]


def test_warm_restarts_of_one_length() -> None:
    changes = {"schedule__kind": "restarts", "schedule__period": 3.0, "schedule__growth": 1.0}
    rates = lr_list(config(train__epochs=9, **changes), steps_per_epoch=100)
    assert rates == pytest.approx([1.0, 0.75, 0.25] * 3, abs=1e-6)
    tiny = changes | {"schedule__period": 1e-6, "schedule__growth": 1.0001}
    rates = lr_list(config(train__epochs=3, **tiny), 3)
    assert all(0 <= rate <= 1 for rate in rates)


def test_warm_restarts_begin_anew_and_each_takes_longer() -> None:
    rates = lr_list(
        config(
            schedule__kind="restarts",
            schedule__period=2.0,
            schedule__growth=2.0,
            schedule__shrink=0.5,
            schedule__end=0.1,
            train__epochs=14,
            optimizer__lr=1.0,
            schedule__warmup=0.0,
        ),
        steps_per_epoch=10,
    )
    assert [rates[0], rates[2], rates[6]] == pytest.approx([1.0, 0.5, 0.25])
    assert rates[1] == pytest.approx(0.55) and rates[4] == pytest.approx(0.3)
    for start, end in ((0, 2), (2, 6), (6, 14)):
        within = rates[start:end]
        assert within == sorted(within, reverse=True) and min(within) >= 0.1
