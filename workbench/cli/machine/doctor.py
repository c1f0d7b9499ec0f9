"""``workbench doctor``: what this machine offers, and what is wrong with it."""

from pathlib import Path

import click

from workbench.cli.console.options import any_runs_dir_option, data_option, json_option
from workbench.cli.console.output import print_json
from workbench.cli.machine import machine_info as machine
from workbench.cli.machine.machine_info import Info
from workbench.formatting.text import columns, count, size
from workbench.system.terminal import OVERRIDES, PROTOCOLS

LOW_DISK = 2 * 10**9  # bytes: a few runs of a small network with their checkpoints


@click.command(short_help="What this machine offers.")
@any_runs_dir_option
@data_option
@json_option
def command(runs_dir: Path, data: Path | None, as_json: bool) -> int:
    """Tell what this machine offers: devices, precision, terminal, data, disk.

    Leaves with status 1 where something would keep a run from training.
    """
    info = {
        **machine.python_info(),
        "torch": machine.torch_info(),
        "terminal": machine.terminal_info(),
        "runs_dir": machine.runs_info(runs_dir),
        "data": machine.dataset_info(data),
        "presets": machine.preset_info(),
    }
    problems, advice = _problems(info), _advice(info)
    if as_json:
        print_json({"ok": not problems, "problems": problems, "advice": advice, **info})
    else:
        click.echo(columns(_rows(info)))
        for line in problems:
            click.echo(f"✗ {line}")
        for line in advice:
            click.echo(f"· {line}")
        if not problems:
            click.echo("everything is in place")
    return 1 if problems else 0


def _problems(info: Info) -> list[str]:
    """What would prevent training."""
    runs = info["runs_dir"]
    found = [info["torch"]["error"] or machine.torchvision_problem()]
    if not runs["writable"]:
        found.append(f"{runs['path']}: runs cannot be written there; choose --runs-dir DIR")
    return [problem for problem in found if problem]


def _advice(info: Info) -> list[str]:
    """What could be improved."""
    found, free = [], info["runs_dir"]["free_bytes"]
    if free is not None and free < LOW_DISK:
        found.append(f"{info['runs_dir']['path']}: only {size(free)} free for runs")
    if not info["torch"].get("compiler"):
        found.append("no C++ compiler: train.compile falls back to running uncompiled")
    terminal = info["terminal"]
    if terminal["is_terminal"] and not terminal["unicode"]:
        found.append("the terminal's encoding is not UTF-8: set LANG to a UTF-8 locale")
    return found


def _rows(info: Info) -> list[tuple[str, str]]:
    torch, terminal = info["torch"], info["terminal"]
    packages = ", ".join(f"{name} {number or '–'}" for name, number in info["packages"].items())
    rows = [
        ("python", f"{info['python']} ({info['executable']})"),
        ("system", info["system"]),
        ("packages", packages),
    ]
    rows += [(device["device"], _device(device)) for device in torch["devices"]]
    rows += [
        ("threads", f"{torch['threads']} in torch"),
        ("compiler", torch.get("compiler") or "none"),
        ("terminal", _terminal(terminal)),
        ("runs", f"{_folder(info['runs_dir'])}, {count(info['runs_dir']['runs'])} runs"),
        ("data", f"{_folder(info['data'])}, holds {', '.join(info['data']['found']) or 'none'}"),
        ("presets", f"{info['presets']['count']}, {info['presets']['own']} of them your own"),
    ]
    return rows


def _device(device: Info) -> str:
    cores = f"{device['cores']} cores, " if device.get("cores") else ""
    memory = f"{size(device['memory_free'])} of {size(device['memory_total'])} free"
    arithmetic = f"trains in {device['fast_precision']}"
    by = f" ({', '.join(device['bfloat16'])})" if device["bfloat16"] else ""
    return f"{device['name']}, {cores}{memory}, {arithmetic}{by}"


def _terminal(terminal: Info) -> str:
    if not terminal["is_terminal"]:
        return "none"
    letters = "unicode" if terminal["unicode"] else "no unicode"
    return (
        f"{terminal['columns']}×{terminal['lines']}, {terminal['term'] or 'unnamed'}, "
        f"{terminal['colours']:,} colours, {letters}, images as {terminal['pictures']} "
        f"({OVERRIDES[0]}={'|'.join(PROTOCOLS)} chooses)"
    )


def _folder(info: Info) -> str:
    state = "writable" if info["writable"] else "not writable"
    there = "" if info["exists"] else "not there yet, "
    return f"{info['path']}, {there}{state}, {size(info['free_bytes'])} free"
