"""SimpleNN: two convolutions with pooling, then linear layers (after LeNet-5, LeCun 1998)."""

from collections import OrderedDict

from torch import nn

from workbench.config.sections.models import SimpleNNModel
from workbench.errors import ConfigError
from workbench.models.common.blocks import Network, activation, initialise

KERNELS = (5, 3)  # of the two convolutions, neither padded
SMALLEST = 12  # pixels: (12 - 4) / 2 = 4, (4 - 2) / 2 = 1


class SimpleNN(Network):
    """Float [N, channels, size, size] -> logits [N, classes].

    conv 5×5, activation, max-pool 2; conv 3×3, activation, max-pool 2; flatten; hidden linear
    layers with activation; linear to the classes. A norm follows each convolution if asked for.
    """

    any_size = False  # the linear layers are made for one

    def __init__(self, config: SimpleNNModel, *, channels: int, classes: int, size: int) -> None:
        super().__init__()
        inputs = channels
        for number, (kernel, width) in enumerate(zip(KERNELS, config.channels, strict=True), 1):
            self.add_module(f"stage{number}", _stage(config, inputs, width, kernel))
            size = (size - kernel + 1) // 2
            inputs = width
        self.flatten = nn.Flatten()
        inputs *= size * size
        for number, units in enumerate(config.hidden, 1):
            self.add_module(f"hidden{number}", _hidden(config, inputs, units))
            inputs = units
        self.head = nn.Sequential(OrderedDict(linear=nn.Linear(inputs, classes)))
        initialise(self)


def _stage(config: SimpleNNModel, inputs: int, width: int, kernel: int) -> nn.Sequential:
    # The bias stays where a norm follows, as in the study: the switch adds the norm alone.
    parts: OrderedDict[str, nn.Module] = OrderedDict(conv=nn.Conv2d(inputs, width, kernel))
    if config.norm:
        parts["norm"] = nn.BatchNorm2d(width)
    parts["act"] = activation(config.activation)
    parts["pool"] = nn.MaxPool2d(2)
    return nn.Sequential(parts)


def _hidden(config: SimpleNNModel, inputs: int, units: int) -> nn.Sequential:
    parts: OrderedDict[str, nn.Module] = OrderedDict()
    if config.dropout:
        parts["dropout"] = nn.Dropout(config.dropout)
    parts["linear"] = nn.Linear(inputs, units)
    parts["act"] = activation(config.activation)
    return nn.Sequential(parts)


def build(config: SimpleNNModel, *, channels: int, classes: int, size: int) -> SimpleNN:
    """Build SimpleNN; raises :class:`ConfigError` where nothing is left after the pools."""
    if size < SMALLEST:
        need = f"simplenn needs images of {SMALLEST}×{SMALLEST} or more (got {size}×{size})"
        raise ConfigError({"model.kind": need})
    return SimpleNN(config, channels=channels, classes=classes, size=size)
