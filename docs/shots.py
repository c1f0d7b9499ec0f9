"""Takes the images in docs/img from the real screen: ``make shot``.

Trains a sweep of the learning rate of ``quick/digits`` and the preset itself, opens the
app on those runs without a terminal, at both sizes, and saves each screen as SVG.
"""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

import workbench
from workbench.ui.app import WorkbenchApp

IMAGES = Path(__file__).with_name("img")
SIZES = {"": (160, 48), "-80x24": (80, 24)}
SCREENS = {  # the keys that lead from each to the next
    "presets": ["f2"],
    "data": ["v"],
    "run": ["escape", "f3"],
    "actions": ["full_stop"],
    "runs": ["escape", "f4"],
    "compare": ["space", "space", "space", "c"],
    "sweep": ["escape", "escape", "G", "w"],
}
SETTLE = 3.0  # seconds: for what comes a moment after a screen, such as the layer table
LOOK = 20.0  # for the images of a data set, which a process of its own reads
SWEEP = """
title = "Learning rates of the quick network"
preset = "quick/digits"
[set]
train.epochs = 6
[grid]
optimizer.lr = [0.0003, 0.003, 0.03]
"""


async def take(runs: Path, size: tuple[int, int], ending: str) -> None:
    """Save one image of each screen at one size."""
    app = WorkbenchApp(runs)
    async with app.run_test(size=size) as pilot:
        while app.context.preloaded.phase != "ready":  # it loads torch, and then counts layers
            await pilot.pause(0.5)
        for screen, keys in SCREENS.items():
            await pilot.press(*keys)
            await pilot.pause(LOOK if screen == "data" else SETTLE)
            app.save_screenshot(f"{screen}{ending}.svg", path=str(IMAGES))


def main() -> None:
    """Train, then take every image."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        sweep = Path(folder) / "lr-digits.toml"
        sweep.write_text(SWEEP, encoding="utf-8")
        command = [sys.executable, "-m", "workbench", "sweep", str(sweep), "--runs-dir", str(runs)]
        subprocess.run(command, check=True)
        # The newest run is the one that is shown by itself.
        workbench.train(workbench.load_preset("quick/digits"), runs_dir=runs, name="digits-a1b2")
        for ending, size in SIZES.items():
            asyncio.run(take(runs, size, ending))


if __name__ == "__main__":
    main()
