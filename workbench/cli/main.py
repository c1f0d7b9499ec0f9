"""The root command: finds commands by name, and turns errors into one line and an exit status."""

import gc
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from workbench.cli.console.options import data_option, runs_dir_option
from workbench.cli.console.output import silence
from workbench.errors import RequestError, WorkbenchError
from workbench.formatting.text import one_line
from workbench.system.terminal import image_protocol

# Each command with the folder that its module is in, in the order in which --help lists them.
COMMANDS = {
    **dict.fromkeys(("presets", "summary", "scale", "data"), "presets"),
    **dict.fromkeys(("train", "stop", "pause", "resume", "replay", "queue", "sweep"), "training"),
    "lr-find": "training",
    **dict.fromkeys(("runs", "show", "tag", "delete", "restore", "archive", "roots"), "library"),
    **dict.fromkeys(("evaluate", "compare", "diagnose", "report", "predict"), "results"),
    **dict.fromkeys(("export", "import"), "results"),
    **dict.fromkeys(("trust", "untrust", "new", "plugins"), "own"),
    **dict.fromkeys(("doctor", "places"), "machine"),
}
INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group that imports a command's module only when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        module = importlib.import_module(f"workbench.cli.{COMMANDS[cmd_name]}.{name}")
        command: click.Command = module.command
        return command


@click.group(
    cls=LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@runs_dir_option
@data_option
@click.version_option(package_name="workbench", prog_name="workbench")
@click.pass_context
def root(ctx: click.Context, runs_dir: Path, data: Path | None) -> None:
    """Train vision networks and watch them learn, in the terminal.

    Without a command it opens the screen.
    """
    if ctx.invoked_subcommand is None:
        _open_screen(runs_dir, data)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status 0, 1, 2 or 130."""
    try:
        status = root.main(args=arguments, prog_name="workbench", standalone_mode=False)
        sys.stdout.flush()  # here, where a full disk still gets its line
    except WorkbenchError as error:
        return _fail(str(error), error.exit_status)
    except click.ClickException as error:
        return _fail(_usage(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except BrokenPipeError:
        silence(sys.stdout)
        return 1
    except OSError as error:
        silence(sys.stdout)
        where = error.filename or "standard output"
        return _fail(f"{where}: {error.strerror or error}", 1)
    return status if isinstance(status, int) else 0


def _open_screen(runs_dir: Path, data: Path | None) -> None:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise RequestError("the screen needs a terminal; `workbench --help` lists what does not")
    image_protocol()  # a wrong WORKBENCH_IMAGES is said here, not when an image is due
    gc.disable()  # until the first paint, which collecting would delay; the app enables it again
    from workbench.ui.app import run_app

    run_app(runs_dir, data)


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    hint = f" (`{context.command_path} --help` tells more)" if context else ""
    return f"{error.format_message().rstrip('.')}{hint}"


def _fail(message: str, status: int) -> int:
    try:
        click.echo(f"workbench: {one_line(message)}", err=True)
    except OSError:  # stderr is gone too: the status alone has to tell
        silence(sys.stderr)
    return status
