"""``workbench replay``: train a run's recorded configuration again."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from workbench.cli.console.options import json_option, run_argument, runs_dir_option
from workbench.cli.console.output import print_json
from workbench.cli.console.watching import watch
from workbench.errors import RequestError
from workbench.runs.history.run_info import as_json, read_run
from workbench.runs.history.verify import Verdict, verify
from workbench.runs.live.launch import start_worker
from workbench.runs.live.lineage import make_replay
from workbench.runs.store.folder import RunFolder, find_run


@click.command(short_help="Train a run again, and compare.")
@run_argument
@click.option("--verify", "verifying", is_flag=True, help="Compare with RUN, metric by metric.")
@runs_dir_option
@json_option
def command(run: str, verifying: bool, runs_dir: Path, as_json: bool) -> int:
    """Train RUN's recorded configuration again as a new run.

    With --verify, name the first step at which a loss, a metric or the final
    weights differ, or confirm that none does (status 1 if one does). Where
    equality to the bit cannot be promised, say why and compare within a tolerance.
    """
    original = find_run(run, runs_dir)
    if verifying and read_run(original).standing.status != "finished":
        raise RequestError(f"run {original.id} is not finished: there is no end to compare with")
    replay = make_replay(original, runs_dir)
    start_worker(replay)
    click.echo(f"run {replay.id} repeats {original.id}", err=True)
    status = watch(replay, json_document=as_json and not verifying)
    if status or not verifying:
        return status
    verdict = verify(original, replay)
    if as_json:
        print_json(_document(original, replay, verdict))
    else:
        click.echo(_words(original, verdict), file=sys.stdout)
    return 0 if verdict.same else 1


def _document(original: RunFolder, replay: RunFolder, verdict: Verdict) -> dict[str, object]:
    return {
        "original": original.id,
        "replay": replay.id,
        "same": verdict.same,
        **asdict(verdict),
        "record": as_json(read_run(replay)),
    }


def _words(original: RunFolder, verdict: Verdict) -> str:
    lines = []
    if not verdict.exact:
        lines.append(f"not to the bit: {'; '.join(verdict.why_not_exact)}")
    kind = "equal to the bit" if verdict.exact else "equal within the tolerance"
    if verdict.same:
        weights = "equal" if verdict.weights_equal else "different"
        lines.append(
            f"{kind}: {verdict.steps:,} steps, every epoch and the test of {original.id}; "
            f"final weights {weights}"
        )
    else:
        lines.append(f"differs from {original.id}: {verdict.difference}")
    return "\n".join(lines)
