"""The log of a run on stdout: ``workbench show RUN --log``."""

import datetime
import time

import click

from workbench.cli.console.output import print_json
from workbench.runs.history import log
from workbench.runs.history.feed import RunFeed
from workbench.runs.history.log import Entry
from workbench.runs.store.folder import RunFolder

POLL = 0.5  # seconds between two readings of a live run


def show_log(folder: RunFolder, *, follow: bool, as_json: bool) -> None:
    """Print the entries; with ``follow`` until the run has ended."""
    feed = RunFeed(folder)
    said: set[Entry] = set()
    while True:
        feed.refresh_status()  # before the events, so that none comes after the last reading
        while feed.advance():
            pass
        live = follow and feed.status.is_live
        told = list(feed.log.entries) if live else feed.log.shown()
        entries = log.merged(told, log.printed(folder.log))
        if as_json:
            print_json(log.as_json(entries))
            return
        for entry in entries:
            if entry not in said:
                click.echo(_line(entry))
        said.update(entries)
        if not live:
            return
        time.sleep(POLL)


def _line(entry: Entry) -> str:
    """Date and time of day, then the text."""
    if not 0 < entry.time < 1e11:
        return f"{'':19}  {log.one_line_keeping_indent(entry.text)}"
    moment = datetime.datetime.fromtimestamp(entry.time)
    return f"{moment:%Y-%m-%d %H:%M:%S}  {log.one_line_keeping_indent(entry.text)}"
