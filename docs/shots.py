"""Takes the pictures in docs/img from the real screen: ``make shot``.

Trains ``quick/digits`` once, opens the app on that run without a terminal, at
both sizes, and saves what each screen shows as SVG.
"""

import asyncio
import tempfile
from pathlib import Path

import workbench
from workbench.ui.app import WorkbenchApp

IMAGES = Path(__file__).with_name("img")
SIZES = {"": (160, 48), "-80x24": (80, 24)}
SCREENS = {"presets": "f2", "run": "f3", "runs": "f4"}
SETTLE = 3.0  # seconds: for what comes a moment after a screen, such as the layer table


async def take(runs: Path, size: tuple[int, int], ending: str) -> None:
    """Save one picture of each screen at one size."""
    app = WorkbenchApp(runs)
    async with app.run_test(size=size) as pilot:
        while app.standby.phase != "ready":  # it loads torch, and then counts layers
            await pilot.pause(0.5)
        for screen, key in SCREENS.items():
            await pilot.press(key)
            await pilot.pause(SETTLE)
            app.save_screenshot(f"{screen}{ending}.svg", path=str(IMAGES))


def main() -> None:
    """Train, then take every picture."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder)
        workbench.train(workbench.load_preset("quick/digits"), runs_dir=runs, name="digits-a1b2")
        for ending, size in SIZES.items():
            asyncio.run(take(runs, size, ending))


if __name__ == "__main__":
    main()
