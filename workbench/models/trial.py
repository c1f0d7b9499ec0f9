"""A network tried on two empty images before a run of it exists.

``python -m workbench.models.trial`` reads a configuration (TOML) from stdin and leaves with 0,
or with 2 and one JSON document ``{"problems": {key: why}}`` on stdout: the launcher asks in this
way, since it has no torch and imports nobody's code. Of pretrained weights it prints
``{"changes": {key: value}}``.
"""

import json
import sys
from typing import Any

import torch
from torch import Tensor, nn

from workbench.config import RunConfig, build_config, parse_tables, plugins
from workbench.errors import ConfigError, RequestError
from workbench.models import build_model
from workbench.models.freezing import frozen_modules
from workbench.models.python import takes_targets
from workbench.models.weights import load_weights, normalisation_of
from workbench.system.trusted import in_own_words

IMAGES = 2
OWN_KINDS = frozenset(("python",))


def try_network(config: RunConfig) -> None:
    """Build the network and call it as training and evaluation do.

    Raises :class:`ConfigError` where it fails, with the file and line of the user's own code,
    and where what it gives does not fit the classes.
    """
    network = build_model(config)
    load_weights(network, config.model)
    frozen_modules(network, getattr(config.model, "freeze", ()))
    if config.model.kind not in OWN_KINDS and config.model.kind not in plugins.names("model"):
        return  # ours: the layer table has tried it
    images = torch.zeros(IMAGES, *config.input_shape)
    try:
        with torch.inference_mode():
            output = network.eval()(images)
    except Exception as error:  # noqa: BLE001 (whatever somebody's network raises)
        shape = "×".join(map(str, images.shape))
        problem = f"given {shape} floats it fails: {in_own_words(error)}"
        raise ConfigError({"model.target": problem}) from None
    if problem := _what_is_wrong(output, config):
        raise ConfigError({"model.target": problem})
    if takes_targets(network):
        _try_losses(network, images, config)


def _what_is_wrong(output: Any, config: RunConfig) -> str:
    task, classes = config.task.kind, config.data.classes
    height, width = config.input_shape[1:]
    wanted = {
        "classification": (IMAGES, classes),
        "multilabel": (IMAGES, classes),
        "segmentation": (IMAGES, classes, height, width),
    }.get(task)
    if wanted is None:
        return ""  # the tasks with boxes say themselves what they miss
    if not isinstance(output, Tensor):
        return f"gives {type(output).__name__} in evaluation, where a tensor of logits is due"
    if tuple(output.shape) != wanted:
        shapes = " and ".join("×".join(map(str, shape)) for shape in (output.shape, wanted))
        return f"gives logits of {shapes.replace(' and ', '; ' + task + ' needs ')}"
    return ""


def _try_losses(network: nn.Module, images: Tensor, config: RunConfig) -> None:
    """Call a network that gives its own losses with targets as the task has them."""
    label = torch.zeros(IMAGES, dtype=torch.int64)
    targets = {"label": label}
    if config.task.kind == "multilabel":
        targets = {"label": label[:, None]}
    if config.task.kind == "segmentation":
        side = config.input_shape[1]
        targets["segment"] = torch.zeros(IMAGES, side, side, dtype=torch.uint8)
    try:
        losses = network.train()(images, targets)
    except Exception as error:  # noqa: BLE001 (whatever somebody's network raises)
        problem = f"given images and targets it fails: {in_own_words(error)}"
        raise ConfigError({"model.target": problem}) from None
    if not isinstance(losses, dict) or not any(
        isinstance(value, Tensor) and value.ndim == 0 for value in losses.values()
    ):
        raise ConfigError(
            {"model.target": "given targets it must give a dict of losses, each a single number"}
        )


def main() -> int:
    """Try the network of the configuration on stdin; print what its weights were trained with."""
    try:
        config = build_config(parse_tables(sys.stdin.buffer.read(), "stdin"))
        try_network(config)
        if found := normalisation_of(config.model):
            print(json.dumps({"changes": dict(zip(("data.mean", "data.std"), found, strict=True))}))
    except ConfigError as error:
        print(json.dumps({"problems": error.problems}))
        return 2
    except RequestError as error:
        print(json.dumps({"problems": {"model.target": str(error)}}))
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
