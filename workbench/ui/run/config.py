"""The Config panel: the run's configuration, with changes from its preset marked."""

from collections.abc import Hashable
from typing import Any, ClassVar

from workbench.config import RunConfig, changes_from, flatten, to_tables
from workbench.config.presets import load_preset
from workbench.errors import RequestError
from workbench.ui.run.panel import Panel, RunView
from workbench.ui.widgets.formatting import clean, fit
from workbench.ui.widgets.lines import Line
from workbench.ui.widgets.message import wrap

KEY_WIDTH = 28


class ConfigPanel(Panel):
    """Shows the sections, in columns where there is room."""

    title: ClassVar[str] = "Config"

    def key(self, view: RunView) -> Hashable:
        """Constant: a configuration is written once."""
        return view.folder.path

    def draw(self, view: RunView, width: int, height: int) -> list[Line]:
        """The keys, or why the file cannot be read."""
        try:
            config = view.folder.read_config()
        except RequestError as error:
            return [[(f" {line}", "bad")] for line in wrap(clean(error), width - 2)]
        return config_lines(config, changed_keys(config), width)


def changed_keys(config: RunConfig) -> dict[str, Any]:
    """Dotted keys that were changed, with the preset's value; {} without a preset."""
    try:
        preset = load_preset(config.about.preset)
    except RequestError:
        return {}
    before, after = flatten(to_tables(preset)), flatten(to_tables(config))
    return {key: before.get(key) for key in changes_from(before, after)}


def config_lines(config: RunConfig, changed: dict[str, Any], width: int) -> list[Line]:
    """Sections with their keys, set into columns of at least 70 cells."""
    blocks = []
    for section in to_tables(config):
        if section == "about":
            continue
        keys = [k for k in flatten(to_tables(config)) if k.startswith(f"{section}.")]
        values = flatten(to_tables(config))
        block: list[Line] = [[(f" {section}", "heading")]]
        block += [_key_line(key, values[key], changed) for key in keys]
        blocks.append([*block, []])
    title: Line = [(f" {clean(config.about.preset)}", "accent"), (f"  {len(changed)} changed", "")]
    columns = max(1, width // 70)
    return [title, [], *_side_by_side(blocks, columns, width // columns)]


def _key_line(key: str, value: Any, changed: dict[str, Any]) -> Line:
    name = key.partition(".")[2]
    if key not in changed:
        return [(f"   {fit(name, KEY_WIDTH)}", "muted"), (_written(value), "")]
    return [
        (f" ● {fit(name, KEY_WIDTH)}", "changed"),
        (_written(value), "changed"),
        (f"   preset {_written(changed[key])}", "muted"),
    ]


def _written(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clean(value if value != "" else "–")


def _side_by_side(blocks: list[list[Line]], columns: int, width: int) -> list[Line]:
    """Blocks in columns of about the same height, in order from the left."""
    total = sum(len(block) for block in blocks)
    stacks: list[list[Line]] = [[]]
    for block in blocks:
        if len(stacks) < columns and len(stacks[-1]) + len(block) / 2 > total / columns:
            stacks.append([])
        stacks[-1] += block
    lines = []
    for i in range(max(map(len, stacks))):
        line: Line = []
        for n, stack in enumerate(stacks):
            part = stack[i] if i < len(stack) else []
            used = sum(len(text) for text, _ in line)
            line += [(" " * (n * width - used), ""), *part]
        lines.append([span for span in line if span[0]])
    return lines
