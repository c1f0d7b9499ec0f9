"""A network under test, and its images."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from workbench.config import RunConfig, change_config
from workbench.config.presets import load_preset
from workbench.models import build_model

Shape = tuple[int, int, int]
LARGEST = 64  # side of the images with which a preset is run: larger ones only take longer


@dataclass(frozen=True)
class Subject:
    """A network under test; ``make`` gives a new one with weights from torch's random state."""

    name: str
    make: Callable[[], nn.Module]
    shape: Shape  # [C, H, W] of one image
    classes: int | None  # None: the output may have any form
    other_sizes: tuple[int, ...] | None = None  # None: two more where the network says any_size

    @classmethod
    def of(
        cls,
        model: "str | RunConfig | Callable[[], nn.Module]",
        shape: Shape | None = None,
        classes: int | None = None,
        other_sizes: Iterable[int] | None = None,
    ) -> "Subject":
        """Take a preset's name or file, a configuration, or a function that makes a network.

        A function needs a ``shape``; a configuration brings its own, of at most 64×64 pixels.
        """
        sizes = None if other_sizes is None else tuple(other_sizes)
        if isinstance(model, str):
            model = load_preset(model)
        if isinstance(model, RunConfig):
            small = _small(model)
            number = small.data.classes if small.task.kind == "classification" else None
            name = model.about.preset or model.model.kind
            return cls(name, partial(build_model, small), shape or small.input_shape, number, sizes)
        if shape is None:
            raise TypeError("a function that makes a network needs shape=(C, H, W)")
        return cls(getattr(model, "__name__", "network"), model, shape, classes, sizes)

    def network(self, seed: int = 0) -> nn.Module:
        """A network with weights by the seed; torch's random state is left unchanged."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            return self.make()

    def images(self, number: int, seed: int = 0, size: int | None = None) -> Tensor:
        """Normal noise [number, C, H, W] by the seed."""
        channels, height, width = self.shape
        random = torch.Generator().manual_seed(seed)
        return torch.randn(number, channels, size or height, size or width, generator=random)

    def sizes(self, network: nn.Module) -> tuple[int, ...]:
        """The other sizes of images that the network claims to take."""
        if self.other_sizes is not None:
            return self.other_sizes
        side = self.shape[1]
        return (side + 1, side + 8) if getattr(network, "any_size", False) else ()


def _small(config: RunConfig) -> RunConfig:
    if config.input_shape[1] <= LARGEST:
        return config
    return change_config(config, {"data.size": LARGEST, "augment.crop": 0})
