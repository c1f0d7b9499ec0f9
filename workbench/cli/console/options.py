"""The options that several commands share, and how their values are read."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.console.completion import complete_key, complete_preset, complete_run
from workbench.errors import RequestError
from workbench.runs.store.folder import ID, runs_root

if TYPE_CHECKING:
    from workbench.runs.places.config import Place

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _device(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Check the form of a device; whether it exists is checked where it is used."""
    if value is not None and not re.fullmatch(r"auto|cpu|cuda(:\d+)?", value):
        raise click.BadParameter(f"{value!r} must be one of auto, cpu, cuda, cuda:N")
    return value


def _place(_ctx: click.Context, _param: click.Parameter, value: str | None) -> "Place | None":
    """The place of this name, read where it is asked for: most commands need no places."""
    from workbench.runs.places.config import find_place

    return None if value is None else find_place(value)


def _name(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is not None and not ID.fullmatch(value):
        raise click.BadParameter(
            f"{value!r}: use letters, digits, '.', '_' and '-', a letter or digit first"
        )
    return value


def _runs_dir(ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path:
    return runs_root(value or ctx.find_root().params.get("runs_dir"))


def _folder_of_runs(ctx: click.Context, param: click.Parameter, value: Path | None) -> Path:
    root = _runs_dir(ctx, param, value)
    if root.is_file():
        raise RequestError(f"--runs-dir {root}: cannot hold runs: it is a file, not a folder")
    return root


def _data(ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path | None:
    chosen: Path | None = value or ctx.find_root().params.get("data")
    return chosen


def _runs_dir_option(callback: Callable[..., Path]) -> Decorator:
    return click.option(
        "--runs-dir",
        type=click.Path(path_type=Path),
        callback=callback,
        metavar="DIR",
        help="Where runs are kept; else $WORKBENCH_RUNS, else the user's data folder.",
    )


# This one and --data may stand before the command as well: `workbench --runs-dir DIR runs`.
runs_dir_option = _runs_dir_option(_folder_of_runs)
any_runs_dir_option = _runs_dir_option(_runs_dir)  # for who tells what is wrong with it
data_option = click.option(
    "--data",
    type=click.Path(path_type=Path),
    callback=_data,
    metavar="DIR",
    help="Where data sets are; else $WORKBENCH_DATA, else the user's cache folder.",
)
json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print exactly one JSON document to stdout."
)
set_option = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="KEY=VALUE",
    shell_complete=complete_key,
    help="Change a key, as in optimizer.lr=0.05; may be repeated.",
)
device_option = click.option(
    "--device",
    callback=_device,
    metavar="auto|cpu|cuda[:N]",
    help="Where to compute; else as the preset or the run says.",
)
place_option = click.option(
    "--place",
    callback=_place,
    metavar="NAME",
    help="Run it there instead of here; `workbench places` lists them.",
)
name_option = click.option(
    "--name",
    callback=_name,
    metavar="NAME",
    help="What the new run or sweep is called; else it gets a name.",
)
detach_option = click.option(
    "--detach", is_flag=True, help="Return at once with the id; it goes on by itself."
)
follow_option = click.option("--follow", is_flag=True, help="Stay until its end.")
weights_option = click.option(
    "--weights",
    type=click.Choice(["last", "best"]),
    default="last",
    show_default=True,
    help="Which weights: the final ones, or those of the best validation accuracy.",
)
output_option = click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="The file or folder to write; else one in this folder, named after what it holds.",
)
preset_argument = click.argument("preset", metavar="PRESET", shell_complete=complete_preset)
run_argument = click.argument("run", metavar="RUN", shell_complete=complete_run)
runs_argument = click.argument(
    "runs", metavar="RUN…", nargs=-1, required=True, shell_complete=complete_run
)


def format_option(formats: Sequence[str], **settings: Any) -> Decorator:
    """``--format``, one of ``formats``."""
    return click.option(
        "--format",
        "layout",
        type=click.Choice(list(formats)),
        show_default="default" in settings,
        help="How it is written.",
        **settings,
    )


CHANGES = {"--add": "Add this one; may be repeated.", "--remove": "Take it out; may be repeated."}


def change_option(name: str, **settings: Any) -> Decorator:
    """``--add`` or ``--remove`` for a command that keeps a list."""
    return click.option(name, multiple=True, help=CHANGES[name], **settings)


def sort_option(names: Sequence[str], **settings: Any) -> Decorator:
    """``--sort``, one of ``names`` in any case."""
    return click.option(
        "--sort",
        type=click.Choice(list(names), case_sensitive=False),
        show_default=True,
        help="Sort by this column.",
        **settings,
    )


@dataclass(frozen=True)
class Start:
    """The values of the options that all commands which start a worker have."""

    settings: dict[str, Any]  # by --set: dotted key → value
    device: str | None
    data: Path | None
    name: str | None
    place: "Place | None"  # None: here
    runs_dir: Path
    follow: bool  # stay until the end, rather than return at once
    as_json: bool

    @property
    def changes(self) -> dict[str, Any]:
        """The changes of --set and --device, by dotted key."""
        return {**self.settings, **({"train.device": self.device} if self.device else {})}


def starting_options(*, follows: bool, changes: bool = True) -> Decorator:
    """The options of commands that start or continue a worker, passed to it as ``start``.

    ``follows`` is the default of --follow. Without ``changes`` there is no --set.
    """
    options: list[Decorator] = [set_option] if changes else []
    options += [device_option, data_option, name_option, place_option, runs_dir_option]
    options += [detach_option, follow_option, json_option]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def call(*, detach: bool, follow: bool, **given: Any) -> Any:
            if detach and follow:
                raise RequestError("--detach and --follow: give one of them")
            settings = read_assignments(given.pop("assignments", ()))
            shared = ("device", "data", "name", "place", "runs_dir", "as_json")
            start = Start(
                settings=settings,
                follow=follow or (follows and not detach),
                **{key: given.pop(key) for key in shared},
            )
            return command(start=start, **given)

        shown: Callable[..., Any] = call
        for option in reversed(options):
            shown = option(shown)
        return shown

    return decorate


def read_assignments(assignments: Sequence[str]) -> dict[str, Any]:
    """Parse every ``--set KEY=VALUE``; of a key that is set twice, the last one counts."""
    from workbench.config import parse_assignment

    return dict(parse_assignment(text) for text in assignments)
