"""Blocks computed again: equal to the bit, statistics counted once, fewer activations kept."""

import copy
import importlib
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from tests.training.trainers import small_trainer
from workbench.config.presets import load_preset
from workbench.models import build_model
from workbench.training.loop.recompute import find_blocks, recompute_blocks

RESNET = {"model.kind": "resnet", "model.blocks": [2, 1], "model.width": 4, "model.dropout": 0.3}
NETWORKS: list[dict[str, Any]] = [
    RESNET,
    {**RESNET, "model.block": "bottleneck", "model.stem": "imagenet"},
    {"model.kind": "regnet", "model.blocks": [1, 2], "model.widths": [8, 8], "model.groups": 2},
    {"model.kind": "smallnet", "model.unit": "residual", "model.dropout": 0.2},
    {"model.kind": "speednet", "model.widths": [8, 12], "model.residual": True},
    {"model.kind": "simplenn", "model.norm": True, "model.dropout": 0.4},
    {"model.kind": "torchvision", "model.name": "mobilenet_v3_small"},
]


def network(changes: dict[str, Any]) -> nn.Module:
    torch.manual_seed(0)
    size = {"data.size": 32, "augment.crop": 32}
    return build_model(load_preset("quick/digits", size | changes)).train()


def trained(net: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """Loss, gradients and buffers after two passes."""
    for seed in (1, 2):
        torch.manual_seed(seed)
        with torch.autocast("cpu", torch.bfloat16, enabled=seed == 2):
            loss = nn.functional.cross_entropy(net(images).float(), torch.arange(len(images)))
        loss.backward()
    gradients = {f"grad {n}": p.grad for n, p in net.named_parameters() if p.grad is not None}
    return {"loss": loss.detach(), **gradients, **dict(net.named_buffers())}


@pytest.mark.parametrize("changes", NETWORKS, ids=lambda c: f"{c['model.kind']}-{len(c)}")
def test_losses_gradients_and_statistics_are_the_same_to_the_bit(changes: dict[str, Any]) -> None:
    images = torch.randn(6, 1, 32, 32, generator=torch.Generator().manual_seed(3))
    plain, again = network(changes), network(changes)
    names = list(plain.state_dict())
    assert recompute_blocks(again) > 0
    assert list(again.state_dict()) == names
    expected, found = trained(plain, images), trained(again, images)
    assert expected.keys() == found.keys()
    for name, value in expected.items():
        assert torch.equal(value, found[name]), name
    assert {v.item() for n, v in found.items() if "batches_tracked" in n} <= {2}
    with torch.inference_mode():
        assert torch.equal(plain.eval()(images), again.eval()(images))


def test_a_forward_pass_that_counts_twice_would_be_seen() -> None:
    """The statistics differ where buffers are not set aside: this is what is prevented."""
    from torch.utils.checkpoint import checkpoint

    class Naive(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm = nn.BatchNorm2d(1)

        def forward(self, x: Tensor) -> Tensor:
            out: Tensor = checkpoint(self.norm, x, use_reentrant=False)
            return out.sin()

    net = Naive().train()
    net(torch.randn(2, 1, 3, 3)).sum().backward()
    counted = net.norm.num_batches_tracked
    assert counted is not None and counted.item() == 2


def test_what_a_block_reads_of_its_buffers_is_what_it_read_first() -> None:
    class Counting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(2, 2)
            self.register_buffer("factor", torch.ones(()))

        def forward(self, x: Tensor) -> Tensor:
            self.factor *= 2  # type: ignore[operator,misc]
            out: Tensor = self.layer(x) * self.factor
            return out.exp()

    nets = []
    for _ in range(2):
        torch.manual_seed(0)
        nets.append(nn.Sequential(Counting(), Counting()))
    recompute_blocks(nets[1])
    for net in nets:
        net(torch.ones(3, 2) / 10).sum().backward()
    for one, other in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        assert one.grad is not None and other.grad is not None and torch.equal(one.grad, other.grad)
    assert torch.equal(nets[0].get_buffer("1.factor"), nets[1].get_buffer("1.factor"))


def kept(net: nn.Module, images: Tensor) -> int:
    """Bytes of what a forward pass keeps for the backward one."""
    sizes: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        sizes[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        net(images).sum()
    return sum(sizes.values())


def test_less_is_kept() -> None:
    changes = {"model.kind": "resnet", "model.blocks": [3, 3], "model.width": 8}
    plain, again = network(changes), network(changes)
    recompute_blocks(again)
    images = torch.randn(8, 1, 32, 32)
    assert kept(again, images) < kept(plain, images) / 3


def test_blocks_are_members_of_sequences_with_a_forward_of_their_own() -> None:
    net = network(RESNET)
    names = {module: name for name, module in net.named_modules()}
    found = [names[block] for block in find_blocks(net)]
    assert found == ["stem", "layer1.block1", "layer1.block2", "layer2.block1", "head"]
    assert list(find_blocks(nn.Linear(2, 2))) == []


def test_a_copy_computes_with_its_own_weights() -> None:
    net = network(RESNET)
    recompute_blocks(net)
    other = copy.deepcopy(net)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.zero_()
    assert other(torch.randn(2, 1, 32, 32)).abs().max() == 0


def test_a_trainer_trains_the_same_with_and_without() -> None:
    results = []
    for on in (False, True):
        trainer = small_trainer(train__checkpoint_activations=on, model__dropout=0.5)
        if on:
            assert recompute_blocks(trainer.model)
        losses = [trainer.train_step()[0]["loss"].item() for _ in range(5)]
        results.append((losses, trainer.model.state_dict()))
    assert results[0][0] == results[1][0]
    for name, value in results[0][1].items():
        assert torch.equal(value, results[1][1][name])


def test_it_is_not_compiled_and_says_so() -> None:
    compiling = importlib.import_module("workbench.training.compiled.compile")
    trainer = small_trainer(train__checkpoint_activations=True)
    assert "checkpoint_activations" in compiling.compile_training(trainer, "default")
    assert trainer.compiled == "off"
    assert compiling.compile_training(trainer, "auto") == ""
