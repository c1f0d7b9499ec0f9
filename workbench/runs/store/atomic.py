"""Replaces files atomically: a reader sees the old or the new one, never a part."""

import os
from pathlib import Path


def write_atomically(path: Path, content: bytes, *, durable: bool = True) -> None:
    """Write beside ``path``, sync, rename over it.

    ``durable`` syncs file and folder, so that the content survives a power cut.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        scratch.unlink(missing_ok=True)
        with scratch.open("xb") as file:  # x: never through a link that was put there
            file.write(content)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        scratch.replace(path)
    except OSError as error:
        scratch.unlink(missing_ok=True)
        # Writing to an open file names none: whoever reports the error wants to.
        raise OSError(error.errno, error.strerror, str(path)) from None
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make a rename inside ``folder`` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
