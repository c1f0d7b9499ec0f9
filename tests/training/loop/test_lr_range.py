"""The range test: every rate once, equal each time, ended where the loss comes apart."""

import math

import pytest

from tests.training.trainers import small_trainer
from workbench.config.lr_range import Span
from workbench.training.loop.lr_range import range_test


def test_it_tries_each_rate_and_repeats_itself() -> None:
    span = Span(1e-6, 1e-3, 20)
    seen: list[int] = []
    first = range_test(small_trainer(), span, seen.append)
    again = range_test(small_trainer(), span)
    assert first == again and not first.diverged
    assert first.rates == span.rates and seen == list(range(1, 21))


def test_the_first_steps_are_those_of_a_run_at_the_same_rate() -> None:
    span = Span(1e-3, 1e-3 * (1 + 1e-9), 20)
    flat = {"optimizer__lr": 1e-3, "schedule__kind": "constant", "schedule__warmup": 0.0}
    trainer = small_trainer(model__dropout=0.5, **flat)
    losses = [float(trainer.train_step()[0]["loss"]) for _ in range(6)]
    found = range_test(small_trainer(model__dropout=0.5), span)
    assert found.losses[:6] == pytest.approx(losses, rel=1e-5)


def test_it_ends_where_the_loss_diverges() -> None:
    changes = {"optimizer__kind": "sgd", "optimizer__bias_lr_factor": 1.0}
    found = range_test(small_trainer(**changes), Span(1e-2, 100.0, 60))
    assert found.diverged and len(found.rates) < 60
    assert all(map(math.isfinite, found.losses))


def test_a_groups_factor_counts() -> None:
    trainer = small_trainer(optimizer__kind="sgd", optimizer__bias_lr_factor=4.0)
    range_test(trainer, Span(1e-5, 1e-3, 20))
    assert [group["lr"] for group in trainer.optimizer.param_groups] == pytest.approx([1e-3, 4e-3])
