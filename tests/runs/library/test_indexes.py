"""The runs of several runs directories as one list."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from workbench.config.presets import load_preset
from workbench.errors import RequestError
from workbench.runs.library.index import RunIndex
from workbench.runs.library.indexes import RunIndexes
from workbench.runs.library.query import parse_query
from workbench.runs.live.launch import prepare
from workbench.runs.store.roots import add_root, remove_root, root_names

ALL = parse_query("")


@pytest.fixture
def disks(tmp_path: Path) -> tuple[Path, Path]:
    """One's own runs directory and one that was added; the run ``same`` is in both."""
    own, other = tmp_path / "runs", tmp_path / "disk" / "runs"
    for root, name in ((own, "near"), (own, "same"), (other, "far"), (other, "same")):
        prepare(load_preset("quick/digits"), root, name)
    add_root(own, other)
    return own, other


@pytest.fixture
def runs(disks: tuple[Path, Path]) -> Iterator[RunIndexes]:
    with closing(RunIndexes(disks[0])) as indexes:
        indexes.refresh()
        yield indexes


def keys(runs: RunIndexes, text: str = "") -> set[tuple[str, str]]:
    return {row.key for row in runs.select(parse_query(text))}


def test_the_runs_of_all_roots_are_one_list(runs: RunIndexes, disks: tuple[Path, Path]) -> None:
    own, other = map(str, disks)
    assert keys(runs) == {(own, "near"), (own, "same"), (other, "far"), (other, "same")}
    assert runs.roots == list(disks) and runs.absent == {}
    assert keys(runs, f"root:{other}") == {(other, "far"), (other, "same")}
    assert {row.folder.path for row in runs.select(ALL)} == {
        Path(root) / name for root, name in keys(runs)
    }
    assert "optimizer.lr" in runs.keys()  # noqa: SIM118


def test_a_root_that_is_not_there_is_said_and_comes_back(
    runs: RunIndexes, disks: tuple[Path, Path], tmp_path: Path
) -> None:
    own, other = disks
    other.parent.rename(tmp_path / "unmounted")
    assert runs.refresh()
    assert keys(runs) == {(str(own), "near"), (str(own), "same")}
    assert runs.absent == {other: "is not there now"}
    assert not runs.refresh()
    (tmp_path / "unmounted").rename(other.parent)
    assert runs.refresh()
    assert len(keys(runs)) == 4 and runs.absent == {}


def test_a_root_that_cannot_be_read_is_said(
    runs: RunIndexes, disks: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh = RunIndex.refresh

    def fail(index: RunIndex, *given: object) -> bool:
        if index.root == disks[1]:
            raise OSError(5, "Input/output error")
        return refresh(index)

    monkeypatch.setattr(RunIndex, "refresh", fail)
    assert runs.refresh()
    assert runs.absent == {disks[1]: "cannot be read: Input/output error"}
    assert len(keys(runs)) == 2

    def refuse(index: RunIndex, *given: object) -> bool:
        raise RequestError(f"{index.root}: cannot be read: permission denied")

    monkeypatch.setattr(RunIndex, "refresh", refuse)
    with pytest.raises(RequestError, match="permission denied"):  # one's own
        runs.refresh()


def test_a_root_that_is_taken_out_takes_its_runs_along(
    runs: RunIndexes, disks: tuple[Path, Path]
) -> None:
    remove_root(*disks)
    assert runs.refresh()
    assert runs.roots == [disks[0]] and len(keys(runs)) == 2


def test_a_kept_row_is_of_the_root_where_it_is_found_now(
    disks: tuple[Path, Path], tmp_path: Path
) -> None:
    with closing(RunIndex(disks[1])) as index:
        index.refresh()
    moved = disks[1].rename(tmp_path / "moved")
    with closing(RunIndex(moved)) as index:
        assert {row.root for row in index.rows()} == {str(moved)}


@pytest.mark.parametrize(
    ("roots", "names"),
    [
        (["/home/me/runs"], ["runs"]),
        (["/home/me/runs", "/mnt/old"], ["runs", "old"]),
        (["/home/me/runs", "/mnt/a/runs", "/mnt/b/runs"], ["me/runs", "a/runs", "b/runs"]),
        (["/runs", "/mnt/runs"], ["runs", "mnt/runs"]),
        (["/", "/mnt"], ["/", "mnt"]),
    ],
)
def test_the_names_of_roots_are_short_and_tell_them_apart(
    roots: list[str], names: list[str]
) -> None:
    assert root_names([Path(root) for root in roots]) == dict(zip(roots, names, strict=True))
