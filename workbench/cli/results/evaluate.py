"""``workbench evaluate``: a finished run on its test set, at one test crop or at many."""

from pathlib import Path
from typing import Any, Literal

import click

from workbench.cli.console.options import (
    data_option,
    device_option,
    json_option,
    run_argument,
    runs_dir_option,
    weights_option,
)
from workbench.cli.console.output import print_json
from workbench.cli.console.plotting import line_plot
from workbench.cli.console.waiting import Waiting
from workbench.formatting.text import columns, count, percent
from workbench.runs.store.evaluations import parse_crops
from workbench.runs.store.folder import find_run


@click.command(short_help="A finished run on its test set, over test crops too.")
@run_argument
@click.option("--crop", metavar="A:B[:STEP]", help="Test at every centre crop from A to B px.")
@click.option(
    "--split",
    type=click.Choice(["test", "validation"]),
    default="test",
    show_default=True,
    help="Which images to test on.",
)
@weights_option
@device_option
@data_option
@runs_dir_option
@json_option
def command(
    run: str,
    crop: str | None,
    split: str,
    weights: str,
    device: str | None,
    data: Path | None,
    runs_dir: Path,
    as_json: bool,
) -> None:
    """Test RUN's weights again. A crop larger than the images is padded with zeros.

    The result is kept beside the run, in evaluations/.
    """
    folder = find_run(run, runs_dir)
    crops = parse_crops(crop) if crop is not None else None
    with Waiting() as progress:
        progress("loading torch")
        from workbench.training.inference.evaluate_run import Asked, evaluate_run

        which: Literal["last", "best"] = "best" if weights == "best" else "last"
        root = str(data) if data else None
        document = evaluate_run(folder, Asked(crops, split, which, root, device), progress)
    if document["same_data"] is False:
        click.echo(f"note: these are not the images that {folder.id} was trained on", err=True)
    if as_json:
        print_json(document)
    else:
        click.echo(_table(document))
        if len(document["results"]) > 1:
            click.echo("\n" + _plot(document))
        elif "per_class" in document["results"][0]:
            click.echo("\n" + _classes(document["results"][0]))


def _table(document: dict[str, Any]) -> str:
    rows = [("CROP", "TOP-1", "CORRECT", "TOP-3", "LOSS", "")]
    for result in document["results"]:
        marks = ["best"] if result["crop"] == document["best"]["crop"] else []
        marks += ["trained for"] if result["crop"] == document["native_crop"] else []
        rows.append(
            (
                f"{result['crop']} px",
                f"{result['accuracy']:.2%}",
                f"{count(result.get('correct'))}/{count(result.get('total'))}",
                percent(result.get("top3_accuracy")),
                f"{result['loss']:.4f}",
                ", ".join(marks) if len(document["results"]) > 1 else "",
            )
        )
    return columns(rows, (0, 1, 2, 3, 4))


def _classes(result: dict[str, Any]) -> str:
    """Per-class accuracy, the worst first."""
    scores = result["per_class"].items()
    ranked = sorted(scores, key=lambda item: item[1]["correct"] / max(1, item[1]["total"]))
    rows = [("CLASS", "CORRECT", "ACCURACY")]
    rows += [
        (
            name,
            f"{count(score['correct'])}/{count(score['total'])}",
            percent(score["correct"] / max(1, score["total"])),
        )
        for name, score in ranked
    ]
    return columns(rows, (1, 2))


def _plot(document: dict[str, Any]) -> str:
    x = [result["crop"] for result in document["results"]]
    y = [result["accuracy"] * 100 for result in document["results"]]
    title = f"{document['split']} accuracy of {document['run']}, %"
    return line_plot({"accuracy": (x, y)}, title, "test crop, px")
