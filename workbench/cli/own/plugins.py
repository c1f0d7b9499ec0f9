"""``workbench plugins``: what installed packages bring."""

from dataclasses import asdict

import click

from workbench.cli.console.options import json_option
from workbench.cli.console.output import print_json
from workbench.config.plugins import GROUPS, Plugin, load, plugins
from workbench.errors import ConfigError
from workbench.formatting.text import columns, one_line


@click.command(short_help="What installed packages bring.")
@json_option
def command(as_json: bool) -> None:
    """The networks, data sets, tasks and optimisers of installed packages, by entry points.

    Each is imported to see whether it can be used; what is wrong with one is told beside it.
    """
    found = [(plugin, _problem(plugin)) for plugin in plugins()]
    if as_json:
        print_json([{**asdict(plugin), "problem": why} for plugin, why in found])
    elif not found:
        groups = ", ".join(GROUPS.values())
        click.echo(f"no package brings anything (entry-point groups: {groups})", err=True)
    else:
        rows = [
            (plugin.section, plugin.name, f"{plugin.package} {plugin.version}", why)
            for plugin, why in found
        ]
        click.echo(columns([tuple(map(one_line, row)) for row in rows]))


def _problem(plugin: Plugin) -> str:
    try:
        load(plugin.section, plugin.name)
    except ConfigError as error:
        return next(iter(error.problems.values()))
    return ""
