"""``workbench export``: a run for other programs."""

from collections.abc import Callable
from pathlib import Path

import click

from workbench.cli.console.options import (
    format_option,
    json_option,
    output_option,
    run_argument,
    runs_dir_option,
    weights_option,
)
from workbench.cli.console.output import print_json
from workbench.cli.console.waiting import Waiting
from workbench.errors import RequestError
from workbench.runs.store.folder import RunFolder, find_run

# Each with the name of what it writes below the run's id; a name with no suffix is a folder.
FORMATS = {
    "csv": "csv",
    "json": "run.json",
    "tensorboard": "tensorboard",
    "wandb": "wandb",
    "mlflow": "mlflow",
    "safetensors": "weights.safetensors",
    "onnx": "network.onnx",
    "torch-export": "network.pt2",
}
NETWORKS = ("safetensors", "onnx", "torch-export")


@click.command(short_help="Metrics, weights or network for other programs.")
@run_argument
@format_option(list(FORMATS), required=True)
@output_option
@weights_option
@runs_dir_option
@json_option
def command(
    run: str, layout: str, output: Path | None, weights: str, runs_dir: Path, as_json: bool
) -> None:
    """Write RUN's metrics and tables, its history for a tracker, or its network.

    --weights counts for safetensors, onnx and torch-export. The last two are checked:
    their outputs equal the network's to 1e-4.
    """
    folder = find_run(run, runs_dir)
    target = output or Path(f"{folder.id}-{FORMATS[layout]}")
    if "." in FORMATS[layout] and target.is_dir():
        target = target / f"{folder.id}-{FORMATS[layout]}"
    if "." not in FORMATS[layout] and target.is_file():
        raise RequestError(f"{target}: is a file; --format {layout} writes a folder")
    with Waiting() as progress:
        progress("loading torch" if layout in NETWORKS else "reading the run")
        files = _export(layout, weights)(folder, target)
    if as_json:
        print_json({"run": folder.id, "format": layout, "files": [str(file) for file in files]})
    else:
        for file in files:
            click.echo(file)


def _export(layout: str, weights: str) -> Callable[[RunFolder, Path], list[Path]]:
    """Write a format; torch and the trackers' packages are imported only where needed."""
    if layout in NETWORKS:
        from workbench.training.inference import export_network as networks

        write = {
            "safetensors": networks.export_weights,
            "onnx": networks.export_onnx,
            "torch-export": networks.export_program,
        }[layout]
        return lambda run, target: write(run, target, "best" if weights == "best" else "last")
    from workbench.exports import tables, trackers

    return {
        "csv": tables.export_csv,
        "json": tables.export_json,
        "tensorboard": trackers.export_tensorboard,
        "wandb": trackers.export_wandb,
        "mlflow": trackers.export_mlflow,
    }[layout]
