"""``workbench scale``: a network made deeper, wider and finer at once, as keys for ``--set``."""

import json
import shlex
from collections.abc import Sequence
from typing import Any

import click

from workbench.cli.console.options import json_option, preset_argument, read_assignments, set_option
from workbench.cli.console.output import print_json
from workbench.config import RunConfig, change_config
from workbench.config.presets import load_preset
from workbench.config.scaling import compound_scale
from workbench.errors import ConfigError


@click.command(short_help="Scale a network's depth, width and resolution.")
@preset_argument
@set_option
@click.option("--depth", "depth_by", type=float, default=1.0, help="Multiplies the blocks.")
@click.option("--width", "width_by", type=float, default=1.0, help="Multiplies the channels.")
@click.option("--resolution", "resolution_by", type=float, default=1.0, help="Multiplies the side.")
@json_option
def command(
    preset: str,
    assignments: Sequence[str],
    depth_by: float,
    width_by: float,
    resolution_by: float,
    as_json: bool,
) -> None:
    """Scale PRESET in depth, width and resolution at once (compound scaling, EfficientNet).

    Gives whole blocks, channels in multiples of 4 and a resolution in multiples of 32, what
    they cost, and the keys that ask for them. Needs no data and trains nothing.
    """
    config = load_preset(preset, read_assignments(assignments))
    changes = scaled_changes(config, depth_by, width_by, resolution_by)
    from workbench.analysis import summarize  # torch, once the request is known to be right

    before, after = summarize(config), summarize(change_config(config, changes))
    document = {
        "preset": config.about.preset,
        "changes": changes,
        "from": {key: before[key] for key in ("input", "params", "macs")},
        "to": {key: after[key] for key in ("input", "params", "macs")},
    }
    if as_json:
        print_json(document)
    else:
        click.echo(as_text(document))


def scaled_changes(
    config: RunConfig, depth_by: float, width_by: float, resolution_by: float
) -> dict[str, Any]:
    """The changed keys of the scaled network; raises :class:`ConfigError` if it has no scaling."""
    blocks = getattr(config.model, "blocks", None)
    width = getattr(config.model, "width", None)
    if blocks is None or width is None:
        problem = f"{config.model.kind} has no blocks and width to scale; resnet has"
        raise ConfigError({"model.kind": problem})
    return compound_scale(
        blocks,
        width,
        config.input_shape[1],
        depth_by=depth_by,
        width_by=width_by,
        resolution_by=resolution_by,
    ).changes()


def as_text(document: dict[str, Any]) -> str:
    """The cost before and after, and the keys as options of ``workbench train``."""
    before, after = document["from"], document["to"]
    keys = [f"{key}={json.dumps(value)}" for key, value in document["changes"].items()]
    return "\n".join(
        [
            f"parameters  {before['params']:>15,} → {after['params']:>15,}",
            f"MACs        {before['macs']:>15,} → {after['macs']:>15,}",
            " ".join(f"--set {shlex.quote(key)}" for key in keys),
        ]
    )
