"""Taking runs away so that they can be brought back: ``.trash`` in the runs directory."""

from pathlib import Path

from workbench.errors import RunError
from workbench.runs.folder import RunFolder, list_folders
from workbench.runs.status import standing

TRASH = ".trash"


def move_to_trash(folder: RunFolder) -> RunFolder:
    """Move a run that no worker trains into the trash; gives its folder there."""
    if standing(folder).is_live:
        raise RunError(f"run {folder.id} is live; stop it before it goes to the trash")
    return move_run(folder, folder.path.parent / TRASH)


def restore(folder: RunFolder) -> RunFolder:
    """Bring a run back from the trash; gives its folder among the runs."""
    if folder.path.parent.name != TRASH:
        raise RunError(f"run {folder.id} is not in the trash")
    return move_run(folder, folder.path.parent.parent)


def list_trash(root: Path) -> list[RunFolder]:
    """The runs in the trash of a runs directory."""
    return list_folders(root / TRASH)


def move_run(folder: RunFolder, target: Path) -> RunFolder:
    """Move a run's folder into another one, under a new id where its own is taken there."""
    try:
        target.mkdir(exist_ok=True)
        path = target / folder.id
        n = 2
        while path.exists():
            path = target / f"{folder.id}.{n}"
            n += 1
        folder.path.rename(path)
    except OSError as error:
        raise RunError(f"{folder.path}: cannot be moved: {error.strerror}") from None
    return RunFolder(path)
