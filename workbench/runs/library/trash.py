"""Runs put aside so that they can be brought back: in the trash, or in the archive."""

from dataclasses import dataclass
from pathlib import Path

from workbench.errors import RunError
from workbench.runs.live.status import standing
from workbench.runs.store.folder import RunFolder, list_folders


@dataclass(frozen=True)
class Place:
    """Where runs lie aside: out of the list, kept whole."""

    name: str
    folder: str  # in the runs directory; its dot keeps it from being taken for a run


TRASH = Place("trash", ".trash")
ARCHIVE = Place("archive", ".archive")
PLACES = (TRASH, ARCHIVE)


def put_aside(run: RunFolder, place: Place) -> RunFolder:
    """Move a run that no worker trains to ``place``; gives its folder there."""
    if standing(run).is_live:
        raise RunError(f"run {run.id} is live; stop it before it goes to the {place.name}")
    return _move(run, run.path.parent / place.folder)


def bring_back(run: RunFolder) -> RunFolder:
    """Bring a run back from wherever it lies aside; gives its folder among the runs."""
    if place_of(run) is None:
        raise RunError(f"run {run.id} is not in the {' or the '.join(p.name for p in PLACES)}")
    return _move(run, run.path.parent.parent)


def place_of(run: RunFolder) -> Place | None:
    """Where a run lies aside; None for one that does not."""
    return next((place for place in PLACES if place.folder == run.path.parent.name), None)


def list_aside(root: Path, place: Place) -> list[RunFolder]:
    """The runs of a runs directory that lie at ``place``."""
    return list_folders(root / place.folder)


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
