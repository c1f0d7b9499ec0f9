"""CIFAR through torchvision, on tiny files of the same form; nothing comes from a network."""

import hashlib
import os
import pickle
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torchvision.datasets import CIFAR10

from workbench.config import RunConfig
from workbench.data import load_data
from workbench.data.dataset import no_progress
from workbench.data.sets import cifar
from workbench.errors import DataError

MakeConfig = Callable[..., RunConfig]
NAMES = [f"class{n}" for n in range(10)]


def md5(path: Path) -> str:
    return hashlib.md5(path.read_bytes()).hexdigest()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an archive like the published one, which torchvision is told to expect."""
    site = tmp_path / "site"
    folder = site / CIFAR10.base_folder
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in ("data_batch_1", "test_batch"):
        batch = {
            "data": rng.integers(0, 256, (40, 3072)).astype(np.uint8),
            "labels": [n % 10 for n in range(40)],
        }
        (folder / name).write_bytes(pickle.dumps(batch))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": NAMES}))
    archive = site / CIFAR10.filename
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, CIFAR10.base_folder)
    facts: dict[str, Any] = {
        "train_list": [["data_batch_1", md5(folder / "data_batch_1")]],
        "test_list": [["test_batch", md5(folder / "test_batch")]],
        "meta": {**CIFAR10.meta, "md5": md5(folder / "batches.meta")},
        "tgz_md5": md5(archive),
        "url": archive.as_uri(),
    }
    for key, value in facts.items():
        monkeypatch.setattr(CIFAR10, key, value)
    return site


def test_files_that_are_there_are_read(site: Path, config: MakeConfig) -> None:
    data = load_data(config("cifar10", data__size=32, data__root=str(site)))
    assert data.classes == tuple(NAMES)
    assert data.class_counts("test") == [4] * 10
    assert len(data.train) + len(data.validation) == 40
    batch = pickle.loads((site / CIFAR10.base_folder / "test_batch").read_bytes())
    assert np.array_equal(data.test.images[7].numpy(), batch["data"][7].reshape(3, 32, 32))


def test_what_is_missing_is_downloaded_with_progress(
    site: Path, config: MakeConfig, tmp_path: Path
) -> None:
    told: list[tuple[str, int, int]] = []
    root = tmp_path / "new"
    chosen = config("cifar10", data__size=32, data__root=str(root))
    data = load_data(chosen, lambda *what: told.append(what))
    assert len(data.test) == 40
    size = (site / CIFAR10.filename).stat().st_size
    assert (f"downloading {CIFAR10.filename}", size, size) in told
    assert not list(root.glob("*.part"))


def test_without_a_network_one_line_says_what_to_put_where(
    site: Path, config: MakeConfig, tmp_path: Path
) -> None:
    (site / CIFAR10.filename).unlink()
    (tmp_path / "new" / "train").mkdir(parents=True)
    chosen = config("cifar10", data__root=str(tmp_path / "new"))
    with pytest.raises(DataError) as caught:
        load_data(chosen)
    text = str(caught.value)
    assert CIFAR10.tgz_md5 in text and CIFAR10.filename in text and "\n" not in text
    assert f"into {tmp_path / 'new'}" in text and "data.name=imagefolder" in text
    assert "(No such file or directory)" in text
    with pytest.raises(DataError):
        load_data(config("cifar10", data__root=str(tmp_path / "other")))
    assert not (tmp_path / "other").exists()


def test_a_damaged_archive_is_not_unpacked(site: Path, config: MakeConfig, tmp_path: Path) -> None:
    root = tmp_path / "new"
    root.mkdir()
    (root / CIFAR10.filename).write_bytes(b"half a file")
    with pytest.raises(DataError, match="damaged, its md5 differs"):
        load_data(config("cifar10", data__root=str(root)))
    assert not (root / CIFAR10.base_folder).exists()


def test_a_foreign_pickle_is_never_run(site: Path, tmp_path: Path, config: MakeConfig) -> None:
    marker = tmp_path / "ran"

    class Foreign:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (marker,))

    (site / CIFAR10.base_folder / "test_batch").write_bytes(pickle.dumps(Foreign()))
    data = cifar.load(config("cifar10", data__size=32, data__root=str(site)), no_progress, CIFAR10)
    assert not marker.exists()
    assert len(data.test) == 40  # unpacked again from the archive beside it


@pytest.mark.timeout(20)
@pytest.mark.parametrize("name", [CIFAR10.filename, f"{CIFAR10.base_folder}/test_batch"])
def test_a_pipe_in_a_files_place_is_refused(
    site: Path, config: MakeConfig, tmp_path: Path, name: str
) -> None:
    place = tmp_path / "new" / name
    place.parent.mkdir(parents=True)
    os.mkfifo(place)
    with pytest.raises(DataError, match=f"{place}: is a named pipe, not a file"):
        load_data(config("cifar10", data__root=str(tmp_path / "new")))
