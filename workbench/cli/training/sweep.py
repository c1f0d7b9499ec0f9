"""``workbench sweep``: a family of runs and its result table."""

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.console.options import Start, starting_options
from workbench.cli.console.output import print_json, print_made
from workbench.errors import RequestError
from workbench.formatting.text import columns, duration
from workbench.sweeps.config import SweepConfig
from workbench.sweeps.folder import SweepFolder

if TYPE_CHECKING:
    from workbench.sweeps.results import Table

INTERRUPTED = 130


@click.command(short_help="A family of runs and its result table.")
@click.argument("sweep", metavar="SWEEP", required=False)
@click.option(
    "--jobs", type=click.IntRange(1, 4096), metavar="N", help="Runs at a time on each device."
)
@click.option("--resume", is_flag=True, help="Go on with a begun SWEEP; failed runs get a retry.")
@click.option(
    "--share",
    is_flag=True,
    help="Share the work with coordinators of other machines that see this runs folder.",
)
@click.option("--plan", "only_plan", is_flag=True, help="Only show which runs there would be.")
@click.option("--table", "only_table", is_flag=True, help="Only show the results so far.")
@click.option("--list", "only_list", is_flag=True, help="List the sweeps that come installed.")
@starting_options(follows=True)
def command(
    sweep: str | None,
    jobs: int | None,
    resume: bool,
    share: bool,
    only_plan: bool,
    only_table: bool,
    only_list: bool,
    start: Start,
) -> int:
    """Train the runs of SWEEP, a TOML file or a name from `workbench sweep --list`.

    Killed at any moment and started again, it goes on where it was: no finished
    run is repeated and none is lost. --set changes a key of every run, --device
    takes the place of the devices that it names.
    """
    from workbench.sweeps.catalogue import find_sweep
    from workbench.sweeps.folder import open_sweep

    if only_list:
        return _list(start.as_json)
    if sweep is None:
        raise RequestError("name a SWEEP.toml; `workbench sweep --list` lists installed ones")
    begun = resume or only_table
    asked = (
        start.name if begun and start.name else sweep
    )  # it is known by the name that it was given
    found, config = find_sweep(asked, start.runs_dir, start.settings, begun=begun)
    given = {"jobs": jobs, "devices": [start.device] if start.device else None}
    config = config.model_copy(update={key: value for key, value in given.items() if value})
    folder = open_sweep(start.name or found, start.runs_dir)
    if only_plan:
        return _plan(config, folder, start.as_json)
    if only_table:
        return _show(config, folder, start.as_json)
    if start.follow:
        return _coordinate(config, folder, start, retry_failed=resume, share=share)
    return _detach(config, folder, start, share=share)


def _coordinate(
    config: SweepConfig, folder: SweepFolder, start: Start, *, retry_failed: bool, share: bool
) -> int:
    from workbench.cli.console.sweep_text import SweepReporter
    from workbench.cli.console.watching import Left, Signals, print_parting
    from workbench.sweeps.budget import ParameterLimit
    from workbench.sweeps.coordinator import Coordinator, Listener, Rules
    from workbench.sweeps.launch import check_data, check_devices, open_source

    source = open_source(config, folder, share=share)
    if start.place is None:
        check_devices(config)
    check_data(source.known(), folder.runs_dir, start.data)
    reporter, signals = SweepReporter(), Signals()
    coordinator = Coordinator(
        folder,
        config,
        source,
        Rules(
            start.data,
            start.place,
            retry_failed,
            share,
            ParameterLimit(config.budget.params, folder),
        ),
        Listener(reporter.say, reporter.show),
    )
    reporter.say(f"sweep {folder.name}: {coordinator.source.total} runs in {folder.runs_dir}")
    try:
        with signals.caught():
            coordinator.work(lambda: signals.stop)
    except Left:
        reporter.say(f"left; live runs go on, `workbench sweep --resume {folder.name}` takes over")
        if start.as_json:
            print_parting(_document(config, folder, coordinator.failed))
        return INTERRUPTED
    finally:
        reporter.close()
    status = _show(config, folder, start.as_json, coordinator.failed)
    return INTERRUPTED if coordinator.stopping else status


def _show(
    config: SweepConfig,
    folder: SweepFolder,
    as_json: bool,
    failed: dict[str, str] | None = None,
) -> int:
    from workbench.cli.console.sweep_text import plot_text, table_text

    if as_json:
        print_json(_document(config, folder, failed))
    else:
        table = _table(config, folder)
        click.echo(table_text(table))
        if plot := plot_text(config, table):
            click.echo("\n" + plot)
    for run, why in (failed or {}).items():
        click.echo(f"failed: {run}: {why}", err=True)
    return 1 if failed else 0


def _table(config: SweepConfig, folder: SweepFolder) -> "Table":
    from workbench.sweeps.launch import begun_runs
    from workbench.sweeps.results import result_table

    return result_table(config, begun_runs(config, folder), folder.runs_dir)


def _document(
    config: SweepConfig, folder: SweepFolder, failed: dict[str, str] | None
) -> dict[str, Any]:
    from workbench.sweeps.results import as_json

    return {**as_json(folder.name, config, _table(config, folder)), "failed": failed or {}}


def _plan(config: SweepConfig, folder: SweepFolder, as_json: bool) -> int:
    from workbench.sweeps.estimate import expected_seconds, status_of
    from workbench.sweeps.launch import begun_runs

    runs = begun_runs(config, folder)
    places = config.jobs * len(config.devices)
    seconds = expected_seconds(runs, folder.runs_dir, places)
    total = config.search.trials if config.search else len(runs)
    if as_json:
        rows = [{"id": run.id, "variant": run.variant, "changes": run.changes} for run in runs]
        print_json({"sweep": folder.name, "total": total, "seconds": seconds, "runs": rows})
        return 0
    table = [("RUN", "VARIANT", "STATUS")]
    table += [(run.id, run.variant, status_of(folder.runs_dir, run) or "waiting") for run in runs]
    click.echo(columns(table))
    guess = (
        f"about {duration(seconds)} at the throughput of earlier runs"
        if seconds
        else "time unknown"
    )
    click.echo(f"{total} runs, {places} at a time, {guess}", err=True)
    return 0


def _detach(config: SweepConfig, folder: SweepFolder, start: Start, *, share: bool) -> int:
    from workbench.sweeps.folder import store
    from workbench.sweeps.launch import check_data, check_devices, open_source, start_coordinator

    if folder.is_coordinated and not share:
        raise RequestError(f"sweep {folder.name} is coordinated by another process already")
    if start.place is None:
        check_devices(config)
    known = open_source(config, folder).known()  # what is wrong with it is said here
    check_data(known, folder.runs_dir, start.data)
    store(folder, config)
    start_coordinator(folder, data=start.data, place=start.place, share=share)
    click.echo(f"its words go to {folder.log}", err=True)
    print_made(folder.name, folder.path, as_json=start.as_json)
    return 0


def _list(as_json: bool) -> int:
    from workbench.sweeps.catalogue import list_sweep_files

    found = list_sweep_files()
    if as_json:
        print_json([vars(info) for info in found])
    else:
        rows = [("SWEEP", "PRESET", "WHAT IT COMPARES")]
        click.echo(columns([*rows, *((info.name, info.preset, info.title) for info in found)]))
    return 0
