"""``workbench places`` and ``--place``: what is listed, and what is refused in one line."""

from pathlib import Path

import pytest

from tests.cli.conftest import Workbench

FILE = """\
[gpu]
kind = "slurm"
partition = "a100"
gpus = 2
"""


@pytest.fixture
def places(home: Path) -> Path:
    file = home / "config" / "places.toml"
    file.parent.mkdir()
    file.write_text(FILE)
    return file


def test_without_a_file_there_is_this_machine(workbench: Workbench, home: Path) -> None:
    assert workbench("places", "--json").document == [{"name": "local", "kind": "local"}]
    listed = workbench("places")
    assert listed.status == 0 and "local" in listed.out
    assert str(home / "config" / "places.toml") in listed.err


def test_places_are_listed_with_what_they_ask_for(workbench: Workbench, places: Path) -> None:
    local, gpu = workbench("places", "--json").document
    assert local["name"] == "local" and gpu["partition"] == "a100" and gpu["requeue"] is True
    assert workbench("places", "gpu", "--json").document == gpu
    assert "partition a100, gpus 2" in workbench("places").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("places", "--check"), "--check: name the place"),
        (("places", "local", "--check"), "`workbench doctor`"),
        (("places", "cpu"), "no place 'cpu'; there are local, gpu ("),
        (("train", "quick/digits", "--place", "cpu"), "no place 'cpu'; there are local, gpu ("),
        (("train", "quick/digits", "--place", "gpu"), "place gpu: sbatch is not on this machine"),
        (("places", "gpu", "--check"), "place gpu: sbatch is not on this machine"),
        (("train", "quick/digits", "--place", "gpu", "--prepare"), "--prepare and --place"),
    ],
)
def test_what_is_refused(
    workbench: Workbench,
    places: Path,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.setenv("PATH", str(home))
    result = workbench(*arguments)
    assert (result.status, result.out) == (2, "")
    assert said in result.err and result.err.count("\n") == 1
    runs = home / "runs"
    assert not runs.exists() or list(runs.iterdir()) == []  # nothing half-written


def test_an_unknown_key_is_named_with_its_file(workbench: Workbench, places: Path) -> None:
    places.write_text(FILE.replace("partition", "partitoin"))
    for request in (("places",), ("train", "quick/digits", "--place", "gpu")):
        result = workbench(*request)
        assert result.status == 2 and result.err.count("\n") == 1
        assert f"{places}: gpu.partitoin: no such key; did you mean partition?" in result.err


def test_the_device_of_a_place_is_not_looked_for_here(
    workbench: Workbench, places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[str] = []
    monkeypatch.setattr("workbench.system.gpus.gpu_count", lambda: 0)
    monkeypatch.setattr(
        "workbench.runs.live.launch.send_to", lambda folder, place: sent.append(place.name)
    )
    request = ("train", "quick/digits", "--device", "cuda", "--detach")
    assert workbench(*request, "--place", "gpu").status == 0 and sent == ["gpu"]
    here = workbench(*request, "--place", "local")
    assert here.status == 2 and "no cuda" in here.err
