"""Cutout, mixup and CutMix: what comes out is what the labels' shares say."""

import pytest
import torch
from scipy.stats import beta

from workbench.data.augmentation.mixing import Mix, beta_quantiles, cutout


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def numbered(count: int = 200, side: int = 8) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """Image n is full of n; its label is n."""
    label = torch.arange(count)
    return label.float().view(-1, 1, 1, 1).expand(count, 3, side, side), {"label": label}


def test_cutout_blanks_one_square_cut_off_at_the_edge() -> None:
    batch = cutout(torch.ones(500, 3, 8, 8), 4, generator())
    holes = (batch == 0).all(dim=1)
    assert ((batch == 0).any(dim=1) == holes).all()
    for hole in holes:
        rows, columns = hole.any(dim=1).sum().item(), hole.any(dim=0).sum().item()
        assert hole.sum() == rows * columns and 2 <= min(rows, columns) <= max(rows, columns) <= 4
    assert holes.any(dim=0).all()  # anywhere


@pytest.mark.parametrize(("mixup", "cutmix"), [(0.5, 0.0), (0.0, 1.0), (1.0, 1.0)])
def test_the_mean_of_a_mixed_image_is_that_of_its_labels(mixup: float, cutmix: float) -> None:
    batch, targets = numbered()
    mixed, found = Mix(mixup, cutmix)(batch, targets, generator())
    first, second, share = found["label"], found["label_b"], found["mix"]
    assert torch.equal(first, targets["label"]) and torch.equal(second, first.roll(1))
    expected = share * first + (1 - share) * second
    assert torch.allclose(mixed.mean(dim=(1, 2, 3)), expected, atol=1e-3)
    assert share.min() >= 0 and share.max() <= 1 and share.unique().numel() > 20


def test_cutmix_pastes_a_box_and_blends_nothing() -> None:
    batch, targets = numbered()
    mixed, found = Mix(0, 1.0)(batch, targets, generator())
    own = mixed == batch
    assert torch.equal(own | (mixed == batch.roll(1, 0)), torch.ones_like(own))
    assert torch.allclose(own.float().mean(dim=(1, 2, 3)), found["mix"])


def test_both_at_once_gives_each_image_one_of_them() -> None:
    batch, targets = numbered()
    mixed, _ = Mix(1.0, 1.0)(batch, targets, generator())
    whole = ((mixed == batch) | (mixed == batch.roll(1, 0))).flatten(1).all(dim=1)
    assert 0.35 < whole.float().mean() < 0.65


def test_targets_given_are_left_as_they_were() -> None:
    batch, targets = numbered()
    Mix(1.0, 0)(batch, targets, generator())
    assert list(targets) == ["label"]


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_shares_are_beta_distributed(alpha: float) -> None:
    table = beta_quantiles(alpha)
    assert table.var(correction=0).item() == pytest.approx(beta(alpha, alpha).var(), rel=1e-2)
    for q in (0.1, 0.5, 0.9):
        assert table.quantile(q).item() == pytest.approx(beta(alpha, alpha).ppf(q), abs=1e-2)
