"""Writes docs/commands.md, the table of commands and switches, from the commands themselves.

Run it after a change of a command or a switch: ``make commands``.
"""

from collections.abc import Iterator
from pathlib import Path

import click

from workbench.cli.main import COMMANDS, root

PAGE = Path(__file__).with_suffix(".md")
HEAD = """\
# Commands and switches

Made by `make commands` from the program itself; a test compares. `-h` and `--help` explain
each command, `--runs-dir` and `--data` may stand before the command too.

`RUN` is a run's id, a unique prefix of one, or its directory. `PRESET` is a name from
`workbench presets` or a TOML file. `train`, `replay` and `sweep` stay until the end unless
`--detach` is given, `resume` returns at once unless `--follow` is. Followed, all four take
ctrl-C alike: the first asks what trains to stop and waits for that, the second leaves at once.
"""


def commands() -> dict[str, click.Command]:
    """Every command by its name, in the order of ``--help``."""
    context = click.Context(root)
    found = {name: root.get_command(context, name) for name in COMMANDS}
    return {name: command for name, command in found.items() if command}


def options(command: click.Command) -> Iterator[click.Option]:
    """The switches of a command that are not hidden."""
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            yield parameter


def spelled(option: click.Option) -> str:
    """``--set KEY=VALUE``, ``-o, --output PATH`` or ``--star / --no-star``."""
    names = ", ".join(option.opts) + "".join(f" / {name}" for name in option.secondary_opts)
    if option.is_flag:
        return names
    choices = isinstance(option.type, click.Choice) and not option.metavar
    value = "|".join(option.type.choices) if choices else option.metavar or option.type.name.upper()
    return f"{names} {value}"


def page() -> str:
    """The page as Markdown."""
    found = commands()
    users: dict[str, list[str]] = {}
    spellings: dict[str, set[str]] = {}
    for name, command in found.items():
        for option in options(command):
            users.setdefault(option.opts[-1], []).append(name)
            spellings.setdefault(option.opts[-1], set()).add(spelled(option))
    shared = [switch for switch, names in users.items() if len(names) > 1]
    rows = [("command", "takes", "does", "shared switches")]
    own = [("command", "its own switches", "meaning")]
    meanings = [("switch", "meaning", "commands")]
    said = set()
    for name, command in found.items():
        takes = [p.metavar or "" for p in command.params if isinstance(p, click.Argument)]
        common = [o.opts[-1] for o in options(command) if o.opts[-1] in shared]
        rows.append((f"`{name}`", _code(*takes), command.short_help or "", _code(*common)))
        for option in options(command):
            switch = option.opts[-1]
            if switch not in shared:
                own.append((f"`{name}`", _code(spelled(option)), option.help or ""))
            elif switch not in said:
                said.add(switch)
                text = spelled(option) if len(spellings[switch]) == 1 else switch
                meanings.append((_code(text), option.help or "", ", ".join(users[switch])))
    return "\n".join([HEAD, *_table(rows), "", *_table(meanings), "", *_table(own), ""])


def _code(*words: str) -> str:
    return " ".join(f"`{word}`" for word in words if word)


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    rows.insert(1, ("---",) * len(rows[0]))
    return ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]


if __name__ == "__main__":
    PAGE.write_text(page())
