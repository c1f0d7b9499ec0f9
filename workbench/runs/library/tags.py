"""Tags, star and note of a run, kept in its ``notes.toml``, which no worker writes."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import tomli_w

from workbench.errors import RequestError
from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.files import tables_or_empty
from workbench.runs.store.folder import RunFolder

TAG = re.compile(r"[^\s,\"\x00-\x1f\x7f]{1,40}")
TAG_RULE = "must be 1 to 40 characters without spaces or commas"
LONGEST_NOTE = 10_000  # characters


@dataclass(frozen=True)
class Notes:
    """The tags, star and note of a run."""

    tags: tuple[str, ...] = ()  # sorted
    star: bool = False
    note: str = ""


def read_notes(run: RunFolder) -> Notes:
    """The notes of a run; empty ones where there are none, or they cannot be read."""
    table = tables_or_empty(_path(run))
    tags = table.get("tags")
    return Notes(
        tuple(sorted(str(tag) for tag in tags)) if isinstance(tags, list) else (),
        table.get("star") is True,
        str(table.get("note", "")),
    )


def annotate(
    run: RunFolder,
    *,
    add: tuple[str, ...] = (),
    remove: tuple[str, ...] = (),
    star: bool | None = None,
    note: str | None = None,
) -> Notes:
    """Change a run's notes and return them; what is None stays as it is.

    Raises :class:`RequestError` for a bad tag or a note that is too long.
    """
    for tag in add:
        if not TAG.fullmatch(tag):
            raise RequestError(f"tag {tag!r}: {TAG_RULE}")
    if note is not None and len(note) > LONGEST_NOTE:
        raise RequestError(f"--note: longer than {LONGEST_NOTE:,} characters")
    before = read_notes(run)
    after = replace(
        before,
        tags=tuple(sorted({*before.tags, *add} - {*remove})),
        star=before.star if star is None else star,
        note=before.note if note is None else note,
    )
    table = {"tags": list(after.tags), "star": after.star, "note": after.note}
    try:
        write_atomically(_path(run), tomli_w.dumps(table).encode())
    except OSError as error:
        raise RequestError(f"{_path(run)}: cannot be written: {error.strerror}") from None
    return after


def refuse_tags(text: str) -> str:
    """What is wrong with tags typed with spaces between them; "" if nothing."""
    wrong = next((tag for tag in text.split() if not TAG.fullmatch(tag)), None)
    return f"{wrong!r}: {TAG_RULE}" if wrong is not None else ""


def sweep_of(run: RunFolder) -> str:
    """The name of the sweep that a run belongs to; "" for none."""
    return str(tables_or_empty(run.path / "sweep.toml").get("sweep", ""))


def _path(run: RunFolder) -> Path:
    return run.path / "notes.toml"
