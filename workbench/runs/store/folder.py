"""Run folders: the paths of a run's files, run ids, and finding and making runs."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

import platformdirs

from workbench.config import RunConfig, build_config
from workbench.errors import RequestError
from workbench.runs.store.files import read_tables
from workbench.runs.store.roots import all_roots

ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
LETTERS = "abcdefghjkmnpqrstvwxyz23456789"  # without the ones that look alike


@dataclass(frozen=True)
class RunFolder:
    """The paths of a run's files; each file has one writer (see docs/architecture.md)."""

    path: Path

    @property
    def id(self) -> str:
        """The run's id is the name of its folder."""
        return self.path.name

    @property
    def config(self) -> Path:
        """The resolved configuration; written by the launcher, once."""
        return self.path / "config.toml"

    @property
    def is_run(self) -> bool:
        """Whether there is a configuration, readable or not."""
        try:
            return os.path.lexists(self.config)
        except ValueError:  # a name that no file can have
            return False

    def read_config(self) -> RunConfig:
        """The configuration; raises :class:`RequestError` where it cannot be read."""
        return build_config(read_tables(self.config), source=str(self.config))

    @property
    def launch(self) -> Path:
        """Who started the worker, and as which process; written by the launcher."""
        return self.path / "launch.toml"

    @property
    def place(self) -> Path:
        """Which job of which place trains the run; written by the launcher, absent for here."""
        return self.path / "place.toml"

    @property
    def place_script(self) -> Path:
        """The script of that job; written by the launcher."""
        return self.path / "place.sh"

    @property
    def metrics(self) -> Path:
        """The events; appended by the worker."""
        return self.path / "metrics.jsonl"

    @property
    def record(self) -> Path:
        """What the run came to; replaced atomically by the worker."""
        return self.path / "record.toml"

    @property
    def parent(self) -> Path:
        """Which run this one continues or repeats, and what is changed; written by the launcher."""
        return self.path / "parent.toml"

    @property
    def control(self) -> Path:
        """What the worker is asked to do; replaced atomically by whoever asks."""
        return self.path / "control.toml"

    @property
    def heartbeat(self) -> Path:
        """An empty file that the living worker touches every other second."""
        return self.path / "heartbeat"

    @property
    def lock(self) -> Path:
        """Held by the worker as long as it lives, so that a run has only one."""
        return self.path / "worker.lock"

    def gallery(self, split: str = "validation") -> Path:
        """Sample images of a split with predictions; replaced by the worker."""
        return self.path / ("gallery-test.npz" if split == "test" else "gallery.npz")

    @property
    def log(self) -> Path:
        """The worker's stdout and stderr."""
        return self.path / "worker.log"

    @property
    def checkpoints(self) -> Path:
        """Folder of the checkpoints."""
        return self.path / "checkpoints"


def runs_root(given: str | Path | None = None) -> Path:
    """The runs directory: as given, else ``$WORKBENCH_RUNS``, else the user's data folder."""
    chosen = given or os.environ.get("WORKBENCH_RUNS")
    root = Path(chosen) if chosen else platformdirs.user_data_path("workbench") / "runs"
    return root.expanduser().absolute()


def create_folder(root: Path, preset: str, name: str | None = None) -> RunFolder:
    """Make the folder of a new run, named ``name`` or after its preset.

    Raises :class:`RequestError` for a name that is taken or not allowed, and where the runs
    directory cannot be written.
    """
    if name is not None and not ID.fullmatch(name):
        raise RequestError(
            f"--name {name!r}: use letters, digits, '.', '_' and '-', a letter or digit first"
        )
    if root.exists() and not root.is_dir():
        raise RequestError(f"{root}: cannot hold runs: it is a file, not a folder")
    try:
        root.mkdir(parents=True, exist_ok=True)
        while True:
            path = root / (name or _fresh_id(preset))
            try:
                path.mkdir()
                return RunFolder(path)
            except FileExistsError:
                if name is not None:
                    raise RequestError(f"--name {name!r}: a run of that name is there") from None
    except OSError as error:
        raise RequestError(f"{root}: cannot hold runs: {error.strerror}") from None


def find_run(run: str, root: Path) -> RunFolder:
    """Find a run by its id, a unique prefix of it, or its folder; in added roots too."""
    path = Path(run)
    if os.sep in run or run in (".", ".."):
        if RunFolder(path).is_run:  # named as it is called: ".." is no run's id
            return RunFolder(path.resolve() if ".." in path.parts else path.absolute())
        raise RequestError(f"{run}: is no run directory (it has no config.toml)")
    roots = all_roots(root)
    for each in roots:
        if RunFolder(each / run).is_run:
            return RunFolder(each / run)
    folders = (folder for each in roots for folder in list_folders(each))
    found = [folder for folder in folders if folder.id.startswith(run)] if run else []
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(folder.id for folder in found[:5])
        more = f" and {len(found) - 5} more" if len(found) > 5 else ""
        raise RequestError(f"run {run!r} could be {names}{more}; write more of it")
    if RunFolder(path).is_run:
        return RunFolder(path.absolute())
    raise RequestError(f"no run {run!r} in {root}; `workbench runs` lists them")


def list_folders(root: Path) -> list[RunFolder]:
    """Every run folder below ``root``, by name; [] where there is no such folder."""
    try:
        with os.scandir(root) as entries:
            names = sorted(entry.name for entry in entries if ID.fullmatch(entry.name))
    except (FileNotFoundError, NotADirectoryError):
        return []
    except PermissionError:
        raise RequestError(f"{root}: cannot be read: permission denied") from None
    folders = [RunFolder(root / name) for name in names]
    return [folder for folder in folders if folder.is_run]


def _fresh_id(preset: str) -> str:
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", preset.rpartition("/")[2]).strip("-._") or "run"
    return f"{stem[:60]}-{''.join(SystemRandom().choices(LETTERS, k=4))}"
