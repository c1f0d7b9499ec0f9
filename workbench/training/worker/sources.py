"""The user's own modules that a run was trained with: copied into its folder, and hashed."""

import hashlib
import logging
import subprocess
from pathlib import Path
from typing import Any

from workbench.runs.store.atomic import write_atomically
from workbench.runs.store.files import make_folder
from workbench.runs.store.folder import RunFolder
from workbench.system.trusted import own_modules, trusted_folders

MOST_FILES, MOST_BYTES = 200, 1_000_000  # copied: more is no source code
MOST_DIFF = 200_000  # characters of uncommitted changes that are kept
log = logging.getLogger(__name__)


def keep_sources(folder: RunFolder) -> dict[str, Any]:
    """Copy the modules imported from trusted folders; gives the record's ``[source]``.

    {} where there are none. Copies lie in ``source/`` under their path below the folder that was
    trusted; ``git.diff`` beside them has what was not committed.
    """
    files = _own_files()
    if not files:
        return {}
    home = folder.path / "source"
    make_folder(home)
    for name, path in files.items():
        target = home.joinpath(*name.split("/"))
        for part in reversed(target.relative_to(home).parents[:-1]):
            make_folder(home / part)
        write_atomically(target, path.read_bytes()[:MOST_BYTES], durable=False)
    root = trusted_root(next(iter(files.values())))
    commit, diff = _git(root)
    if diff:
        write_atomically(home / "git.diff", diff[:MOST_DIFF].encode(), durable=False)
    return {
        "folder": str(root),
        "files": sorted(files),
        "sha256": hash_of(files),
        "git_commit": commit,
        "git_edited": bool(diff),
    }


def trusted_root(path: Path) -> Path:
    """The trusted folder that a file lies in."""
    resolved = path.resolve()
    return next(folder for folder in trusted_folders() if resolved.is_relative_to(folder))


def hash_of(files: dict[str, Path]) -> str:
    """sha256 over names and contents; a file that is gone counts as empty."""
    digest = hashlib.sha256()
    for name in sorted(files):
        content = files[name].read_bytes() if files[name].is_file() else b""
        digest.update(f"{name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _own_files() -> dict[str, Path]:
    """The imported files by their path below the trusted folder, the first of many."""
    paths = sorted(set(own_modules().values()))[:MOST_FILES]
    return {path.resolve().relative_to(trusted_root(path)).as_posix(): path for path in paths}


def _git(folder: Path) -> tuple[str | None, str]:
    """The folder's commit and what is not committed; None and "" outside of a repository."""

    def git(*arguments: str) -> str:
        # Its own hooks and file-system monitors are somebody's programs: none is started.
        safe = ("-c", "core.fsmonitor=", "-c", "core.hooksPath=/dev/null")
        done = subprocess.run(
            ["git", *safe, *arguments],
            cwd=folder, capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
        return done.stdout

    try:
        commit = git("rev-parse", "HEAD").strip()
        return commit, git("diff", "--no-ext-diff", "--no-textconv", "HEAD", "--", ".")
    except (OSError, subprocess.SubprocessError) as error:
        log.debug("no git commit of %s: %s", folder, error)
        return None, ""
