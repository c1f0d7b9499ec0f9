"""Finds a learning rate: the range test of a configuration on a network of its own.

``python -m workbench.training.lr_find LOW HIGH STEPS`` reads a configuration (TOML) from stdin and
writes one JSON object a line to stdout: ``{"progress": [what, done, total]}``, and at the end
``{"result": {…}}`` or ``{"error": "…"}``. So the screen asks, which has no torch.
"""

import json
import sys
from typing import Any

from workbench.config import RunConfig, build_config, parse_tables
from workbench.config.lr_range import Span, suggestions
from workbench.data import Progress, load_data, no_progress, what_is_missing
from workbench.errors import RequestError, WorkbenchError
from workbench.models.python import takes_targets
from workbench.tasks import build_task
from workbench.tasks.own_losses import OwnLosses
from workbench.training.loop import devices, memory
from workbench.training.loop.assembly import assemble, fresh_model, prepare
from workbench.training.loop.lr_range import Curve, range_test
from workbench.training.loop.trainer import Setup, Trainer


class NoWatcher:
    """Watches nothing: a test has no run around it."""

    def step_done(self, trainer: Trainer, losses: Any, lr: float) -> None:
        """Never called."""

    def epoch_done(self, trainer: Trainer, row: dict[str, Any], best: bool) -> None:
        """Never called."""

    def between(self) -> None:
        """Never called."""


def find_lr(config: RunConfig, span: Span, progress: Progress = no_progress) -> dict[str, Any]:
    """The document of ``workbench lr-find --json`` for a resolved configuration.

    Nothing is written and no run is made. Raises like a run that cannot begin.
    """
    compute = devices.choose(config.train)
    data = load_data(config, progress)
    what_is_missing(config, data)
    model = fresh_model(config, compute)
    task = build_task(config, data, compute.device)
    if takes_targets(model):
        task = OwnLosses(task)
    trainer = assemble(Setup(config, model, task, compute), data, NoWatcher())
    prepare(trainer)
    try:
        curve = range_test(
            trainer, span, lambda done: progress("trying learning rates", done, span.steps)
        )
    except (RuntimeError, MemoryError) as error:
        if not memory.is_out_of_memory(error):
            raise
        curve = None
    if curve is None:  # past the except: the exception held the tensors of the failed step
        raise memory.explain(trainer)
    return _document(config, span, curve, compute.name)


def _document(config: RunConfig, span: Span, curve: Curve, device: str) -> dict[str, Any]:
    found = suggestions(curve.rates, curve.smoothed)
    return {
        "preset": config.about.preset,
        "optimizer": config.optimizer.kind,
        "device": device,
        "low": span.low,
        "high": span.high,
        "steps": span.steps,
        "lr": config.optimizer.lr,
        "suggestion": found["valley"] or found["steepest"],
        **found,
        "diverged": curve.diverged,
        "points": [
            {"lr": rate, "loss": loss, "smoothed": smoothed}
            for rate, loss, smoothed in zip(curve.rates, curve.losses, curve.smoothed, strict=True)
        ],
    }


def main(arguments: list[str] | None = None) -> int:
    """Answer one request on stdin; returns the exit status."""
    low, high, steps = arguments or sys.argv[1:]
    said: dict[str, Any]
    try:
        config = build_config(parse_tables(sys.stdin.buffer.read(), "stdin"))
        span = Span(float(low), float(high), int(steps))
        said = {"result": find_lr(config, span, _tell)}
    except WorkbenchError as error:
        said = {"error": str(error)}
        status = 2 if isinstance(error, RequestError) else 1
    else:
        status = 0
    print(json.dumps(said), flush=True)
    return status


def _tell(message: str, done: int = 0, total: int = 0) -> None:
    print(json.dumps({"progress": [message, done, total]}), flush=True)


if __name__ == "__main__":
    sys.exit(main())
