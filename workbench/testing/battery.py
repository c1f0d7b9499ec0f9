"""The checks of a network, each a function of a subject that raises ``AssertionError``."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from workbench.config import RunConfig
from workbench.config.presets import load_preset
from workbench.models.common.outputs import tensors_in
from workbench.testing.golden import check_counts
from workbench.testing.subject import Shape, Subject

BATCH = 3


def check_model(
    model: str | RunConfig | Callable[[], nn.Module],
    *,
    shape: Shape | None = None,
    classes: int | None = None,
    other_sizes: Iterable[int] | None = None,
    golden: str | Path | None = None,
    update_golden: bool = False,
) -> None:
    """Run every check of ``CHECKS`` on a preset, a configuration or a network of your own.

    ``model`` is a preset's name or file, a :class:`RunConfig`, or a function without
    arguments that makes a network, which then needs the ``shape`` [C, H, W] of its images;
    with ``classes`` its output must be [N, classes]. ``other_sizes`` lists further sides that
    it must take. Parameters and MACs, layer by layer, are compared with the ``golden`` file,
    which ``update_golden`` rewrites. Raises ``AssertionError`` at the first check that fails.
    """
    if isinstance(model, str):
        model = load_preset(model)
    subject = Subject.of(model, shape, classes, other_sizes)
    for check in CHECKS.values():
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)  # of dropout in training
            check(subject)
    if golden is not None:
        counted = model if isinstance(model, RunConfig) else subject
        check_counts(counted, Path(golden), update=update_golden)


def output_shape(subject: Subject) -> None:
    """A batch of three gives finite numbers, [3, classes] where the classes are known."""
    output = subject.network().eval()(subject.images(BATCH))
    for tensor in tensors_in(output):
        assert tensor.shape[0] == BATCH, (
            f"{subject.name}: {BATCH} images gave an output of shape {list(tensor.shape)}"
        )
        assert tensor.isfinite().all(), f"{subject.name}: the output is not finite"
    if subject.classes is not None:
        wanted = [BATCH, subject.classes]
        got = list(output.shape) if isinstance(output, Tensor) else type(output).__name__
        assert got == wanted, f"{subject.name}: the output has shape {got}, not {wanted}"


def gradients(subject: Subject) -> None:
    """Every trainable parameter gets a gradient that is finite and not zero."""
    network = subject.network().train()
    _loss(network(subject.images(BATCH))).backward()  # type: ignore[no-untyped-call]
    for name, parameter in network.named_parameters():
        if not parameter.requires_grad:
            continue
        gradient = parameter.grad
        assert gradient is not None, f"{subject.name}: {name} gets no gradient"
        assert gradient.isfinite().all(), f"{subject.name}: the gradient of {name} is not finite"
        assert gradient.count_nonzero(), f"{subject.name}: the gradient of {name} is zero"


def no_leak_across_batch(subject: Subject) -> None:
    """In evaluation, the output for an image does not depend on the rest of its batch."""
    network = _used(subject).eval()
    images, others = subject.images(BATCH), subject.images(BATCH, seed=1)
    others[0] = images[0]
    with torch.no_grad():
        before, after = network(images), network(others)
    for one, other in zip(tensors_in(before), tensors_in(after), strict=True):
        assert torch.allclose(one[0], other[0], rtol=1e-4, atol=1e-5), (
            f"{subject.name}: in evaluation, an image's output changes with its neighbours"
        )


def determinism(subject: Subject) -> None:
    """Equal seeds give equal weights and outputs, other seeds other weights."""
    first, again, other = (subject.network(seed).eval() for seed in (0, 0, 1))
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), (
            f"{subject.name}: {name} differs between two networks of one seed"
        )
    parameters = list(first.parameters())
    changed = any(
        not torch.equal(one, two) for one, two in zip(parameters, other.parameters(), strict=True)
    )
    assert changed or not parameters, f"{subject.name}: its weights do not follow the seed"
    _same_output(subject, first, again, "two networks of one seed")
    _same_output(subject, first, first, "two runs of one network")


def train_and_eval(subject: Subject) -> None:
    """Norms and dropout work in training only; without them both modes give the same.

    Evaluation leaves every buffer as it was; training moves the statistics of norms.
    """
    network, images = _used(subject), subject.images(BATCH)
    buffers = {name: buffer.clone() for name, buffer in network.named_buffers()}
    with torch.no_grad():
        evaluated = network.eval()(images)
        for name, buffer in network.named_buffers():
            assert torch.equal(buffer, buffers[name]), f"{subject.name}: evaluation changes {name}"
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            trained = network.train()(images)
    pairs = zip(tensors_in(evaluated), tensors_in(trained), strict=False)
    differs = any(not torch.equal(one, other) for one, other in pairs)
    active = _mode_dependent(network)
    if active:
        assert differs, f"{subject.name}: {active} does the same in training and evaluation"
    for name, module in network.named_modules():
        if isinstance(module, _BatchNorm) and module.track_running_stats:
            key = f"{name}.num_batches_tracked"
            assert not torch.equal(network.get_buffer(key), buffers[key]), (
                f"{subject.name}: training does not reach the norm {name}"
            )


def state_dict_round_trip(subject: Subject) -> None:
    """The state dict carries everything: loaded into another network, the outputs are equal."""
    network, other = _used(subject).eval(), subject.network(seed=1).eval()
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    other.load_state_dict(state, strict=True)
    _same_output(subject, network, other, "a network and one with its state dict")


def other_sizes(subject: Subject) -> None:
    """The network takes the other sizes of images that it claims to."""
    network = subject.network().eval()
    for size in subject.sizes(network):
        with torch.no_grad():
            output = network(subject.images(2, size=size))
        if subject.classes is not None:
            got, wanted = list(output.shape), [2, subject.classes]
            assert got == wanted, (
                f"{subject.name}: {size}×{size} images gave an output of shape {got}, not {wanted}"
            )


CHECKS: Mapping[str, Callable[[Subject], None]] = {
    "output shape": output_shape,
    "gradients": gradients,
    "no leak across the batch": no_leak_across_batch,
    "determinism": determinism,
    "training and evaluation": train_and_eval,
    "state dict round trip": state_dict_round_trip,
    "other sizes": other_sizes,
}


def _used(subject: Subject) -> nn.Module:
    """A network that has seen a batch, so that its norms carry statistics."""
    network = subject.network().train()
    with torch.no_grad(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network(subject.images(BATCH, seed=2))
    return network


def _loss(output: Any) -> Tensor:
    squares = [tensor.square().mean() for tensor in tensors_in(output) if tensor.requires_grad]
    return torch.stack(squares).sum()


def _mode_dependent(network: nn.Module) -> str:
    """Name of a module that works otherwise in training; empty if there is none."""
    for name, module in network.named_modules():
        if isinstance(module, _BatchNorm) or (isinstance(module, _DropoutNd) and module.p > 0):
            return str(name)
    return ""


def _same_output(subject: Subject, one: nn.Module, other: nn.Module, what: str) -> None:
    images = subject.images(BATCH)
    with torch.no_grad():
        pairs = zip(tensors_in(one(images)), tensors_in(other(images)), strict=True)
        for first, second in pairs:
            assert torch.equal(first, second), f"{subject.name}: the outputs of {what} differ"
