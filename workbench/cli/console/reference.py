"""The table of commands and their switches, made of the commands themselves."""

import click

from workbench.cli.main import COMMANDS, root


def switches_table() -> str:
    """A Markdown table: a line a command, with its arguments and every switch that it takes."""
    lines = ["| command | takes | switches |", "| --- | --- | --- |"]
    with click.Context(root) as context:
        for name in COMMANDS:
            command = root.get_command(context, name)
            assert command is not None
            given = [p for p in command.params if isinstance(p, click.Argument)]
            taken = [p for p in command.params if isinstance(p, click.Option) and not p.hidden]
            arguments = " ".join(argument.make_metavar(context) for argument in given)
            switches = ", ".join(f"`{' / '.join(_names(option))}`" for option in taken)
            lines.append(f"| `{name}` | {_cell(arguments)} | {switches} |")
    return "\n".join(lines) + "\n"


def _names(option: click.Option) -> list[str]:
    return [*option.opts, *option.secondary_opts]


def _cell(text: str) -> str:
    return f"`{text}`".replace("|", "\\|") if text else ""
