"""Tags, notes and stars beside a run; other runs directories."""

from pathlib import Path

import pytest

from workbench.config.presets import load_preset
from workbench.errors import RequestError
from workbench.runs.library.index import RunIndex
from workbench.runs.library.query import parse_query
from workbench.runs.library.tags import Notes, annotate, read_notes
from workbench.runs.live.launch import prepare
from workbench.runs.store.folder import RunFolder, find_run
from workbench.runs.store.roots import add_root, all_roots, remove_root


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return prepare(load_preset("quick/digits"), tmp_path / "runs", "one")


def test_notes_grow_and_shrink_and_stay(run: RunFolder) -> None:
    assert read_notes(run) == Notes()
    annotate(run, add=("good", "a"), star=True)
    annotate(run, add=("a",), remove=("good",), note='quoted "text"\nand more')
    assert read_notes(run) == Notes(("a",), True, 'quoted "text"\nand more')


@pytest.mark.parametrize("tag", ["", "two words", "a,b", "x" * 41, "\x1b[31m"])
def test_what_is_no_tag_is_refused_and_nothing_written(run: RunFolder, tag: str) -> None:
    with pytest.raises(RequestError, match="tag"):
        annotate(run, add=(tag,))
    assert not (run.path / "notes.toml").exists()


def test_damaged_notes_are_no_notes(run: RunFolder) -> None:
    (run.path / "notes.toml").write_text("tags = 3\nstar = 'x'")
    assert read_notes(run) == Notes()
    (run.path / "notes.toml").write_bytes(b"\xff\x00")
    assert read_notes(run) == Notes()


def test_the_list_finds_runs_by_tag_and_star(run: RunFolder) -> None:
    prepare(load_preset("quick/digits"), run.path.parent, "two")
    index = RunIndex(run.path.parent)
    index.refresh()
    annotate(run, add=("keep",), star=True)
    index.refresh()
    for text in ("tag:keep", "star:yes", "keep"):
        assert [row.id for row in index.select(parse_query(text))] == ["one"]
    index.close()


def test_runs_of_an_added_root_are_found(run: RunFolder, tmp_path: Path) -> None:
    root, other = run.path.parent, tmp_path / "disk"
    prepare(load_preset("quick/digits"), other, "far")
    with pytest.raises(RequestError, match="no run 'far'"):
        find_run("far", root)
    add_root(root, other)
    assert find_run("fa", root).path == other / "far"
    assert all_roots(root) == [root, other]
    with pytest.raises(RequestError, match="already"):
        add_root(root, other)
    remove_root(root, other)
    assert all_roots(root) == [root]
    with pytest.raises(RequestError, match="no such folder"):
        add_root(root, tmp_path / "gone")
