"""``workbench predict``: what a run's network says of images."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.catalog.image_folder import images_below
from workbench.cli.console.options import (
    device_option,
    json_option,
    run_argument,
    runs_dir_option,
    weights_option,
)
from workbench.cli.console.output import print_json
from workbench.cli.console.waiting import Waiting
from workbench.errors import RequestError
from workbench.formatting.text import columns, one_line
from workbench.runs.store.folder import find_run
from workbench.system.terminal import ImageProtocol, image_protocol

if TYPE_CHECKING:
    from workbench.training.inference.predict import Prediction


@click.command(short_help="What a run's network says of images.")
@run_argument
@click.argument(
    "images", metavar="IMAGE…", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--top",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="K",
    help="How many classes of each.",
)
@weights_option
@device_option
@click.option("--show/--no-show", default=None, help="Draw the images; else on a terminal only.")
@runs_dir_option
@json_option
def command(
    run: str,
    images: Sequence[Path],
    top: int,
    weights: str,
    device: str | None,
    show: bool | None,
    runs_dir: Path,
    as_json: bool,
) -> int:
    """The K likeliest classes of each IMAGE, or of every image in a folder.

    Images are cropped and normalised as the run's test images were. Leaves
    with status 1 where one could not be read. What is no file or was left behind
    by an archive or a server (__MACOSX, names that begin with a dot) is passed over.
    """
    folder = find_run(run, runs_dir)
    files = list(_files(images))
    protocol = image_protocol() if sys.stdout.isatty() else "half-blocks"
    with Waiting() as progress:
        progress("loading torch")
        from workbench.training.inference.predict import predict

        best = weights == "best"
        found = []
        for prediction in predict(folder, files, top=top, best=best, device=device):
            found.append(prediction)
            progress("looking at images", len(found), len(files))
    if as_json:
        print_json([_document(one) for one in found])
    else:
        draw = sys.stdout.isatty() if show is None else show
        for one in found:
            _print(one, protocol, draw=draw)
    return 1 if any(one.error for one in found) else 0


def _files(images: Sequence[Path]) -> Iterator[Path]:
    for path in images:
        if not path.is_dir():
            yield path  # what is wrong with it, decoding says
            continue
        inside, skipped = images_below(path)
        for name, why in skipped:
            click.echo(one_line(f"{path / name}: skipped: {why}"), err=True)
        if not inside:
            raise RequestError(f"{path}: holds no image")
        yield from inside


def _print(one: "Prediction", protocol: ImageProtocol, *, draw: bool) -> None:
    if one.error:
        click.echo(f"{one_line(str(one.path))}: {one.error}", err=True)
        return
    click.echo(one_line(str(one.path)))
    if draw and one.pixels is not None:
        from workbench.cli.console.images import drawn

        text = drawn(one.pixels, protocol)
        click.echo(text, nl=False, color=True)  # also into a pipe: it was asked for
    click.echo(columns([("", f"{share:.1%}", name) for name, share in one.top], (1,)))


def _document(one: "Prediction") -> dict[str, object]:
    if one.error:
        return {"picture": str(one.path), "error": one.error}
    return {
        "picture": str(one.path),
        "top": [{"class": name, "probability": share} for name, share in one.top],
    }
