"""What the shell offers for a word that is being typed, by click's own completion."""

import click

from workbench.errors import WorkbenchError


def complete_preset(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The presets whose names begin so."""
    from workbench.config.presets import list_presets

    return [info.name for info in list_presets() if info.name.startswith(incomplete)]


def complete_run(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The runs whose ids begin so, of the runs directory that is given so far."""
    from workbench.runs.store.folder import list_folders, runs_root

    try:
        folders = list_folders(runs_root(ctx.params.get("runs_dir")))
    except WorkbenchError:
        return []
    return [folder.id for folder in folders if folder.id.startswith(incomplete)]


def complete_key(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The keys of the preset that is named before, ``KEY=``, which begin so."""
    from workbench.config import flatten, to_tables
    from workbench.config.presets import load_preset

    try:
        # What is being typed is no whole command yet: the preset is among what is left over.
        preset = ctx.params.get("preset") or next(iter(ctx.args), "quick/digits")
        keys = flatten(to_tables(load_preset(str(preset))))
    except WorkbenchError:
        return []
    return [f"{key}=" for key in keys if key.startswith(incomplete) and "about." not in key]
