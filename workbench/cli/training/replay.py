"""``workbench replay``: train a run's recorded configuration again."""

import sys
from dataclasses import asdict

import click

from workbench.cli.console.options import Start, run_argument, starting_options
from workbench.cli.console.watching import follow_or_leave, print_parting, watch
from workbench.errors import RequestError
from workbench.runs.history.run_info import as_json, read_run
from workbench.runs.history.verify import Verdict, changed_sources, verify
from workbench.runs.live.launch import start_new
from workbench.runs.live.lineage import make_replay
from workbench.runs.store.folder import RunFolder, find_run


@click.command(short_help="Train a run again, and compare.")
@run_argument
@click.option("--verify", "verifying", is_flag=True, help="Compare with RUN, metric by metric.")
@starting_options(follows=True, changes=False)
def command(run: str, verifying: bool, start: Start) -> int:
    """Train RUN's recorded configuration again as a new run, and follow it.

    With --verify, name the first step at which a loss, a metric or the final
    weights differ, or confirm that none does (status 1 if one does). Where
    equality to the bit cannot be promised, say why and compare within a tolerance.
    """
    if verifying and not start.follow:
        raise RequestError("--verify compares when the replay has ended; leave out --detach")
    original = find_run(run, start.runs_dir)
    if verifying and read_run(original).status.name != "finished":
        raise RequestError(f"run {original.id} is not finished: there is no end to compare with")
    replay = make_replay(
        original,
        start.runs_dir,
        device=start.device,
        data=start.data,
        name=start.name,
        here=start.place is None,
    )
    if changed := changed_sources(original):
        click.echo(f"your own code is not what {original.id} trained with: {changed}", err=True)
    start_new(replay, start.place)
    said = f"run {replay.id} repeats {original.id}"
    if not verifying:
        return follow_or_leave(replay, start, said, replay_of=original.id)
    click.echo(said, err=True)
    status = watch(replay, json_document=False)
    verdict = None if status else verify(original, replay)
    if start.as_json:
        print_parting(_document(original, replay, verdict))
    elif verdict:
        click.echo(_words(original, verdict), file=sys.stdout)
    return status if verdict is None else int(not verdict.same)


def _document(original: RunFolder, replay: RunFolder, verdict: Verdict | None) -> dict[str, object]:
    """The document; ``same`` is null without a verdict (the replay has not finished)."""
    return {
        "original": original.id,
        "replay": replay.id,
        "same": verdict.same if verdict else None,
        **(asdict(verdict) if verdict else {}),
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
