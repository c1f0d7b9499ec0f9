"""Moves runs to the trash or the archive, and restores them."""

from dataclasses import dataclass
from pathlib import Path

from workbench.errors import RunError
from workbench.runs.live.status import read_status
from workbench.runs.store.folder import RunFolder, list_folders


@dataclass(frozen=True)
class Location:
    """A folder for runs that are not listed but kept whole."""

    name: str
    folder: str  # in the runs directory; its dot keeps it from being taken for a run


TRASH = Location("trash", ".trash")
ARCHIVE = Location("archive", ".archive")
LOCATIONS = (TRASH, ARCHIVE)


def move_to(run: RunFolder, location: Location) -> RunFolder:
    """Move a run to ``location``; returns its folder there.

    Raises RunError where a worker lives, or it cannot be moved.
    """
    if read_status(run).is_live:
        raise RunError(f"run {run.id} is live; stop it before it goes to the {location.name}")
    return _move(run, run.path.parent / location.folder)


def restore(run: RunFolder) -> RunFolder:
    """Move a run back from the trash or the archive; returns its folder. Raises RunError."""
    if location_of(run) is None:
        raise RunError(f"run {run.id} is not in the {' or the '.join(p.name for p in LOCATIONS)}")
    return _move(run, run.path.parent.parent)


def location_of(run: RunFolder) -> Location | None:
    """Whether a run is in the trash or the archive; None where it is in neither."""
    return next(
        (location for location in LOCATIONS if location.folder == run.path.parent.name), None
    )


def list_moved(root: Path, location: Location) -> list[RunFolder]:
    """The runs at ``location`` of a runs directory."""
    return list_folders(root / location.folder)


def _move(run: RunFolder, target: Path) -> RunFolder:
    """Move a run's folder into another one, under a new id where its own is taken there."""
    try:
        target.mkdir(exist_ok=True)
        path = target / run.id
        n = 2
        while path.exists():
            path = target / f"{run.id}.{n}"
            n += 1
        run.path.rename(path)
    except OSError as error:
        raise RunError(f"{run.path}: cannot be moved: {error.strerror}") from None
    return RunFolder(path)
