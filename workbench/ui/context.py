"""What the screens work with: where runs and data are, and the preloaded torch process."""

from dataclasses import dataclass
from pathlib import Path

from workbench.runs.live.preloaded import PreloadedWorker


@dataclass
class AppContext:
    """Made once by the app and handed to the screens, which know no app."""

    runs_root: Path
    data_root: Path | None
    preloaded: PreloadedWorker
