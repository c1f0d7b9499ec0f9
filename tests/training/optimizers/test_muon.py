"""Muon: orthogonal updates, against torch's own where torch has one, and the kept norm."""

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from workbench.config.sections.optimizer import MuonOptimizer
from workbench.training.optimizers.build import build_optimizer
from workbench.training.optimizers.muon import Muon, orthogonalised


def gradients(shape: tuple[int, ...], count: int = 5) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(shape, generator=generator) for _ in range(count)]


def trained(optimizer: torch.optim.Optimizer, weight: nn.Parameter) -> Tensor:
    for gradient in gradients(tuple(weight.shape)):
        weight.grad = gradient.clone()
        optimizer.step()
    return weight.detach()


def a_weight(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.randn(shape, generator=torch.Generator().manual_seed(0)))


@pytest.mark.parametrize("shape", [(16, 40), (40, 16), (16, 16)])
def test_singular_values_near_one_and_the_directions_kept(shape: tuple[int, int]) -> None:
    matrix = a_weight(*shape).detach()
    found = orthogonalised(matrix[None])[0]
    values = torch.linalg.svdvals(found)
    assert values.min() > 0.5 and values.max() < 1.3
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    inner = u.T @ found @ v.T  # diagonal where the singular vectors are the same
    assert torch.allclose(inner, inner.diagonal().diag(), atol=1e-4)


def test_the_rest_is_trained_as_by_adamw() -> None:
    ours, theirs = a_weight(6), a_weight(6)
    group = {"params": [ours], "weight_decay": 0.1}
    adamw = torch.optim.AdamW([theirs], lr=0.01, betas=(0.9, 0.95), weight_decay=0.1)
    assert torch.allclose(trained(Muon([group], lr=0.01), ours), trained(adamw, theirs), atol=1e-6)


def test_matrices_as_by_the_same_optimiser_in_torch() -> None:
    if not hasattr(torch.optim, "Muon"):
        pytest.skip("this torch has no Muon")
    ours, theirs = a_weight(8, 12), a_weight(8, 12)
    group = {"params": [ours], "weight_decay": 0.1, "orthogonal": True}
    other = torch.optim.Muon([theirs], lr=0.01, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    found, wanted = trained(Muon([group], lr=0.01), ours), trained(other, theirs)
    moved = (wanted - a_weight(8, 12)).norm()
    assert (found - wanted).norm() < 0.03 * moved  # torch iterates in bfloat16


def test_a_fixed_norm_stays_and_lr_is_the_share_of_it_that_a_step_moves() -> None:
    weight = a_weight(8, 3, 3, 3)
    before, norm = weight.detach().clone(), float(weight.detach().norm())
    optimizer = Muon([{"params": [weight], "orthogonal": True}], lr=0.01, fixed_norm=True)
    weight.grad = gradients((8, 3, 3, 3))[0]
    optimizer.step()
    assert float(weight.detach().norm()) == pytest.approx(norm, rel=1e-5)
    assert float((weight.detach() - before).norm()) == pytest.approx(0.01 * norm, rel=0.2)


def test_without_a_gradient_nothing_moves() -> None:
    weight = a_weight(4, 4)
    before = weight.detach().clone()
    Muon([{"params": [weight], "orthogonal": True}], lr=0.1, fixed_norm=True).step()
    assert torch.equal(weight.detach(), before)


def test_layers_but_the_last_are_matrices_and_the_rest_goes_to_adamw() -> None:
    model = nn.Sequential(
        nn.Conv2d(3, 4, 3),
        nn.Conv2d(4, 4, 3, groups=4),
        nn.BatchNorm2d(4),
        nn.Linear(4, 5),
        nn.Linear(5, 2),
    )
    settings = MuonOptimizer(weight_decay=0.1, rest_lr_factor=0.5, bias_lr_factor=4)
    matrices, large, small = build_optimizer(settings, model).param_groups
    assert [tuple(p.shape) for p in matrices["params"]] == [(4, 3, 3, 3), (5, 4)]
    assert [tuple(p.shape) for p in large["params"]] == [(4, 1, 3, 3), (2, 5)]
    assert all(p.ndim == 1 for p in small["params"])
    orthogonal = [group["orthogonal"] for group in (matrices, large, small)]
    assert orthogonal == [True, False, False]
    assert [group["lr_factor"] for group in (matrices, large, small)] == [1.0, 0.5, 2.0]


def test_a_network_of_one_layer_is_all_rest() -> None:
    (group,) = build_optimizer(MuonOptimizer(), nn.Linear(3, 2)).param_groups
    assert not group["orthogonal"] and len(group["params"]) == 2


class Products(TorchDispatchMode):
    """Counts products of matrices."""

    count = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        name = func.overloadpacket.__name__
        self.count += name in ("mm", "addmm", "bmm", "baddbmm", "matmul")
        return func(*args, **kwargs or {})


def stepped(shapes: list[tuple[int, ...]], *, together: bool, fixed_norm: bool) -> list[Tensor]:
    """Weights after three steps, all in one optimiser or each in one of its own."""
    weights = [nn.Parameter(w) for shape in shapes for w in gradients(shape, 3)]
    groups = [weights] if together else [[weight] for weight in weights]
    for group in groups:
        settings = {"params": group, "weight_decay": 0.1, "orthogonal": True}
        optimizer = Muon([settings], lr=0.05, fixed_norm=fixed_norm)
        for step in range(3):
            for weight in group:
                weight.grad = (weight.detach() * (step + 2)).sin()
            optimizer.step()
    return [weight.detach() for weight in weights]


@pytest.mark.parametrize("fixed_norm", [False, True])
def test_equal_shapes_together_move_as_each_alone(fixed_norm: bool) -> None:
    # Two of the shapes are the same matrix, 8 by 18, and the last is taller than wide.
    shapes = [(8, 2, 3, 3), (8, 18), (12, 5)]
    pairs = zip(
        stepped(shapes, together=True, fixed_norm=fixed_norm),
        stepped(shapes, together=False, fixed_norm=fixed_norm),
        strict=True,
    )
    for one, other in pairs:
        # Sums are added up in another order: last digits of float32.
        assert torch.allclose(one, other, rtol=0, atol=1e-5)


@pytest.mark.parametrize("count", [1, 2, 9])
def test_products_do_not_grow_with_the_number_of_equal_shapes(count: int) -> None:
    weights = [nn.Parameter(gradient) for gradient in gradients((6, 4), count)]
    for weight in weights:
        weight.grad = weight.detach().sin()
    optimizer = Muon([{"params": weights, "orthogonal": True}], lr=0.1, iterations=5)
    with Products() as products:
        optimizer.step()
    assert products.count == 3 * 5  # an iteration has three
