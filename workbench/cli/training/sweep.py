"""``workbench sweep``: a family of runs and its result table."""

from pathlib import Path

import click

from workbench.cli.console.options import Start, starting_options
from workbench.cli.console.output import print_json, print_made
from workbench.errors import RequestError
from workbench.formatting.text import columns, duration
from workbench.sweeps.config import SweepConfig
from workbench.sweeps.folder import SweepFolder

INTERRUPTED = 130


@click.command(short_help="A family of runs and its result table.")
@click.argument("sweep", metavar="SWEEP", required=False)
@click.option("--jobs", type=click.IntRange(1, 256), help="Runs at a time on each device.")
@click.option("--resume", is_flag=True, help="Go on with a begun SWEEP; failed runs get a retry.")
@click.option("--plan", "only_plan", is_flag=True, help="Only show which runs there would be.")
@click.option("--table", "only_table", is_flag=True, help="Only show the results so far.")
@click.option("--list", "only_list", is_flag=True, help="List the sweeps that come installed.")
@starting_options(follows=True)
def command(
    sweep: str | None,
    jobs: int | None,
    resume: bool,
    only_plan: bool,
    only_table: bool,
    only_list: bool,
    start: Start,
) -> int:
    """Train the runs of SWEEP, a TOML file or a name from `workbench sweep --list`.

    Killed at any moment and started again, it goes on where it was: no finished
    run is repeated and none is lost. --set changes a key of every run.
    """
    from workbench.sweeps.catalogue import find_sweep
    from workbench.sweeps.folder import open_sweep

    if only_list:
        return _list(start.as_json)
    if sweep is None:
        raise RequestError("name a SWEEP.toml; `workbench sweep --list` lists installed ones")
    begun = resume or only_table
    asked = start.name if begun and start.name else sweep  # known by the name that it was given
    found, config = find_sweep(asked, start.runs_dir, start.changes, begun=begun)
    if jobs is not None:
        config = config.model_copy(update={"jobs": jobs})
    folder = open_sweep(start.name or found, start.runs_dir)
    if only_plan:
        return _plan(config, folder, start.as_json)
    if only_table:
        return _show(config, folder, start.as_json)
    if not start.follow:
        return _detach(config, folder, start)
    return _coordinate(config, folder, start.data, retry_failed=resume, as_json=start.as_json)


def _coordinate(
    config: SweepConfig,
    folder: SweepFolder,
    data: Path | None,
    *,
    retry_failed: bool,
    as_json: bool,
) -> int:
    from workbench.cli.console.sweep_text import SweepReporter
    from workbench.cli.console.watching import Left, Signals
    from workbench.sweeps.budget import ParameterLimit
    from workbench.sweeps.coordinator import Coordinator, Listener
    from workbench.sweeps.launch import check_data, open_source

    source = open_source(config, folder)
    check_data(source.known(), folder.runs_dir, data)
    reporter, signals = SweepReporter(), Signals()
    coordinator = Coordinator(
        folder,
        config,
        source,
        data=data,
        retry_failed=retry_failed,
        over_budget=ParameterLimit(config.budget.params, folder),
        listener=Listener(reporter.say, reporter.show),
    )
    reporter.say(f"sweep {folder.name}: {coordinator.source.total} runs in {folder.runs_dir}")
    try:
        with signals.caught():
            coordinator.work(lambda: signals.stop)
    except Left:
        reporter.say(f"left; live runs go on, `workbench sweep --resume {folder.name}` takes over")
        return INTERRUPTED
    finally:
        reporter.close()
    status = _show(config, folder, as_json, coordinator.failed)
    return INTERRUPTED if coordinator.stopping else status


def _show(
    config: SweepConfig,
    folder: SweepFolder,
    as_json: bool,
    failed: dict[str, str] | None = None,
) -> int:
    from workbench.cli.console.sweep_text import plot_text, table_text
    from workbench.sweeps.launch import begun_runs
    from workbench.sweeps.results import as_json as document_of
    from workbench.sweeps.results import result_table

    table = result_table(config, begun_runs(config, folder), folder.runs_dir)
    if as_json:
        print_json({**document_of(folder.name, config, table), "failed": failed or {}})
    else:
        click.echo(table_text(table))
        if plot := plot_text(config, table):
            click.echo("\n" + plot)
    for run, why in (failed or {}).items():
        click.echo(f"failed: {run}: {why}", err=True)
    return 1 if failed else 0


def _plan(config: SweepConfig, folder: SweepFolder, as_json: bool) -> int:
    from workbench.sweeps.estimate import expected_seconds, look_status
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
    table += [(run.id, run.variant, look_status(folder.runs_dir, run) or "waiting") for run in runs]
    click.echo(columns(table))
    guess = f"about {duration(seconds)} at the pace of earlier runs" if seconds else "time unknown"
    click.echo(f"{total} runs, {places} at a time, {guess}", err=True)
    return 0


def _detach(config: SweepConfig, folder: SweepFolder, start: Start) -> int:
    from workbench.sweeps.folder import store
    from workbench.sweeps.launch import check_data, open_source, start_coordinator

    known = open_source(config, folder).known()  # what is wrong with it is said here
    check_data(known, folder.runs_dir, start.data)
    store(folder, config)
    start_coordinator(folder, data=start.data)
    print_made(folder.name, folder.path, as_json=start.as_json)
    click.echo(f"its words go to {folder.log}", err=True)
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
