"""The layer table of a configuration: what ``workbench summary --json`` prints."""

from dataclasses import asdict, dataclass, field
from functools import lru_cache, partial
from typing import Any

import torch
from torch import nn

from workbench.analysis.ptflops_count import CONVENTION, PtflopsCount, ptflops_count
from workbench.analysis.trace import Row, Trace, trace
from workbench.config import RunConfig, change_config
from workbench.config.learning_rate import lr_list
from workbench.errors import ConfigError
from workbench.models import build_model
from workbench.models.common.meta import on_meta

Shape = tuple[int, int, int]


def summarize(
    config: RunConfig, budget: int | None = None, input_shape: Shape | None = None
) -> dict[str, Any]:
    """Count a configuration's network without data or training.

    Gives a JSON-ready document: ``params`` and ``macs`` (of one image) with their sums by
    type, ``layers`` in execution order (they add up to the totals), ptflops' count,
    and the learning rates. With a ``budget`` (a number of parameters), also whether the
    network keeps to it. ``input_shape`` [C, H, W] stands in for the configuration's own.
    Raises :class:`workbench.errors.ConfigError` where the network cannot take the input.
    """
    shape = input_shape or config.input_shape
    found, opinion = _analyse(_Question.of(config, shape))
    macs = found.macs
    document: dict[str, Any] = {
        "preset": config.about.preset,
        "input": list(shape),
        "classes": config.data.classes,
        "params": found.params,
        "macs": macs,
        "macs_by_type": _macs_by_type(found.rows),
        "other_ops": sum(row.other_ops for row in found.rows),
        "elementwise_ops": found.elementwise_ops,
        "layers": [_layer(row, macs) for row in found.rows],
        "uncounted": [row.name for row in found.rows if row.kind == "uncounted"],
        "ptflops": {**asdict(opinion), "convention": CONVENTION},
        "lr_per_step" if config.train.by_steps else "lr_per_epoch": lr_list(config),
    }
    if budget is not None:
        within = found.params <= budget
        document["budget"] = {
            "limit": budget, "share": found.params / budget, "within": within
        }  # fmt: skip
    return document


def count(network: nn.Module, shape: Shape) -> Trace:
    """The operators of ``network`` (on any device) for one image [C, H, W]."""
    like = next(iter(network.parameters()), torch.empty(0))
    return trace(network, torch.zeros(1, *shape, device=like.device, dtype=like.dtype))


@dataclass(frozen=True)
class _Question:
    """A network and its input; equal where only the training differs, so that
    an edited learning rate asks for no new count."""

    identity: str
    shape: Shape
    config: RunConfig = field(compare=False)

    @classmethod
    def of(cls, config: RunConfig, shape: Shape) -> "_Question":
        channels, height, _ = shape
        changes = {"data.channels": channels, "data.size": height, "augment.crop": 0}
        fitted = config if shape == config.input_shape else change_config(config, changes)
        identity = f"{config.task.kind} {config.data.classes} {config.model.model_dump_json()}"
        return cls(identity, shape, fitted)


@lru_cache(maxsize=64)
def _analyse(question: _Question) -> tuple[Trace, PtflopsCount]:
    network = on_meta(partial(build_model, question.config))
    try:
        found = count(network, question.shape)
    except RuntimeError:
        # Some networks look at values (boxes to keep, images to resize), and meta has none.
        network = build_model(question.config)
        try:
            found = count(network, question.shape)
        except RuntimeError as error:
            size = "×".join(map(str, question.shape))
            reason = str(error).partition("\n")[0]
            raise ConfigError({"model": f"cannot take an input of {size}: {reason}"}) from None
    return found, ptflops_count(network, question.shape, found)


def forget() -> None:
    """Clear the cache of counts."""
    _analyse.cache_clear()


def _macs_by_type(rows: list[Row]) -> dict[str, int]:
    by_type = {"conv": 0, "linear": 0}
    for row in rows:
        if row.macs:
            by_type[row.kind] = by_type.get(row.kind, 0) + row.macs
    return by_type


def _layer(row: Row, macs: int) -> dict[str, Any]:
    layer = asdict(row)
    for key in ("output_shape", "kernel", "stride"):
        layer[key] = list(layer[key])
    layer["share"] = row.macs / macs if macs else 0.0
    return layer
