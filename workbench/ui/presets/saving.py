"""Saves edited settings as a preset of the user's own, after asking for a name."""

from typing import Any

from textual.app import App

from workbench.config import RunConfig
from workbench.config.presets import list_presets, save_preset
from workbench.errors import WorkbenchError
from workbench.ui.dialogs import Ask, Confirm
from workbench.ui.widgets.refusal import say_refusal


async def save_as(app: App[Any], config: RunConfig, suggested: str) -> str | None:
    """Ask for a name and save; returns the name, or None if nothing was saved."""
    name = await app.push_screen_wait(Ask("Save as (family/name)", suggested, _refuse_name))
    if name is None:
        return None
    replace = any(info.own and info.name == name for info in list_presets())
    if replace and not await app.push_screen_wait(
        Confirm(f"Replace your preset {name}?", "replace", "keep")
    ):
        return None
    try:
        save_preset(config, name, replace=replace)
    except WorkbenchError as error:
        say_refusal(app, error)
        return None
    return name


def _refuse_name(name: str) -> str:
    return "" if name.count("/") == 1 and all(name.split("/")) else "write family/name"
