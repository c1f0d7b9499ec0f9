"""What the app gives to screens: folders of runs and data, and the preloaded worker."""

from dataclasses import dataclass
from pathlib import Path

from workbench.runs.live.preloaded import PreloadedWorker


@dataclass
class AppContext:
    """Made once by the app and passed to every screen."""

    runs_root: Path
    data_root: Path | None
    preloaded: PreloadedWorker
