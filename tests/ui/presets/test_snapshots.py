"""Images of the Presets screen; its presets, machine and network are always the same."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from tests.ui.desk import NARROW, WIDE, ManualStandby, put, row, settle
from workbench.config import presets
from workbench.ui import machine
from workbench.ui.app import WorkbenchApp

SHOWN = ("quick/digits", "resnet/resnet-5m-cifar10", "simplenn/simplenn-cifar10")


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorkbenchApp:
    for name in SHOWN:
        source, target = presets.installed_folder() / f"{name}.toml", tmp_path / "in" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target.with_suffix(".toml"))
    monkeypatch.setattr(presets, "installed_folder", lambda: tmp_path / "in")
    monkeypatch.setattr(machine, "describe_machine", lambda busy: "cpu · 2 cores · 16 GB")
    app = WorkbenchApp(tmp_path / "runs")
    app.context.preloaded = ManualStandby()  # type: ignore[assignment]
    return app


async def wait_for_the_machine(pilot: Pilot[None]) -> None:
    while not getattr(pilot.app, "device", ""):
        await pilot.pause(0.05)
    await settle(pilot)


@pytest.mark.parametrize("size", [NARROW, (120, 30), WIDE])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_image(snap_compare: Any, app: WorkbenchApp, size: tuple[int, int], theme: str) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        await wait_for_the_machine(pilot)
        if theme == "light":
            await pilot.press("ctrl+t")
        await settle(pilot)

    assert snap_compare(app, terminal_size=size, run_before=drive)


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_image_of_edits_and_a_refusal(
    snap_compare: Any, app: WorkbenchApp, size: tuple[int, int]
) -> None:
    async def drive(pilot: Pilot[None]) -> None:
        await wait_for_the_machine(pilot)
        await pilot.press("e")
        await put(pilot, row(app, "model.blocks"), "2-2")
        await put(pilot, row(app, "model.width"), "-3")
        row(app, "model.stem").focus_editor()
        await settle(pilot)

    assert snap_compare(app, terminal_size=size, run_before=drive)
