"""Runs in the trash and in the archive, and back."""

from pathlib import Path

import pytest

from workbench.config.presets import load_preset
from workbench.errors import RunError
from workbench.runs.library.trash import (
    LOCATIONS,
    TRASH,
    Location,
    list_moved,
    location_of,
    move_to,
    restore,
)
from workbench.runs.live.launch import prepare, write_launch
from workbench.runs.live.process import own_identity
from workbench.runs.store.folder import RunFolder, list_folders


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return prepare(load_preset("quick/digits"), tmp_path / "runs", "one")


@pytest.mark.parametrize("place", LOCATIONS)
def test_a_run_leaves_the_list_and_comes_back_whole(run: RunFolder, place: Location) -> None:
    root = run.path.parent
    put = move_to(run, place)
    assert list_folders(root) == [] and list_moved(root, place) == [put]
    assert location_of(put) == place and location_of(run) is None
    assert restore(put) == run and run.config.is_file()
    with pytest.raises(RunError, match="run one is not in the trash or the archive"):
        restore(run)


def test_a_name_that_is_taken_gets_a_number(run: RunFolder) -> None:
    root = run.path.parent
    first = move_to(run, TRASH)
    second = move_to(prepare(load_preset("quick/digits"), root, "one"), TRASH)
    assert (first.id, second.id) == ("one", "one.2")
    assert restore(first).path == root / "one"
    assert restore(second).path == root / "one.2"


@pytest.mark.parametrize("place", LOCATIONS)
def test_a_live_run_is_not_put_aside(run: RunFolder, place: Location) -> None:
    write_launch(run, own_identity())
    with pytest.raises(RunError, match=f"live; stop it before it goes to the {place.name}"):
        move_to(run, place)
    assert run.config.is_file()
