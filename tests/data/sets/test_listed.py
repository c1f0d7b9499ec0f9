"""Images listed by a table, in Parquet files, in tar shards, and by torchvision's own names."""

import io
import json
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from workbench.catalog.listing import split_of
from workbench.catalog.torchvision_sets import SETS
from workbench.config import RunConfig
from workbench.config.split_check import resolve_to_train
from workbench.data import DataSet, load_data
from workbench.errors import ConfigError, DataError

MakeConfig = Callable[..., RunConfig]
Load = Callable[..., DataSet]
SHADES = {"ant": 40, "bee": 120, "cat": 200}  # grey value of every image of a class


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoded images go below ``tmp_path``."""
    monkeypatch.setenv("WORKBENCH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def load(config: MakeConfig) -> Load:
    """Give a function that prepares and loads a data set as a run does."""

    def loaded(name: str, root: Path, **changes: object) -> DataSet:
        return load_data(resolve_to_train(config(name, **changes), root))

    return loaded


def image(name: str, mode: str = "RGB") -> Image.Image:
    return Image.new("L", (12, 8), SHADES[name]).convert(mode)


def encoded(name: str) -> bytes:
    out = io.BytesIO()
    image(name).save(out, "PNG")
    return out.getvalue()


def put(root: Path, name: str, number: int) -> str:
    path = root / "images" / f"{name}{number}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    image(name).save(path)
    return f"images/{path.name}"


def table(
    root: Path, rows: list[str], header: str = "file,label", name: str = "labels.csv"
) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / name).write_text("\n".join([header, *rows]))
    return root


def animals(root: Path, each: int = 5) -> list[str]:
    return [f"{put(root, name, n)},{name}" for name in SHADES for n in range(each)]


def check_labels(data: DataSet) -> None:
    """Every image has the shade of its class."""
    for split in data.splits.values():
        images, targets = split.batch(torch.arange(len(split)))
        shades = torch.tensor([SHADES[name] for name in data.classes])
        assert torch.equal(
            images.float().mean(dim=(1, 2, 3)).round().int(), shades[targets["label"]].int()
        )


def test_a_table_is_split_like_a_folder(tmp_path: Path, load: Load) -> None:
    data = load("table", table(tmp_path / "d", animals(tmp_path / "d")))
    assert data.classes == ("ant", "bee", "cat")
    assert [data.class_counts(split) for split in data.splits] == [[3] * 3, [1] * 3, [1] * 3]
    check_labels(data)


def test_a_table_may_name_the_split(tmp_path: Path, load: Load) -> None:
    rows = animals(tmp_path / "d", 3)
    marked = [
        f"{row},{split}" for row, split in zip(rows, ["train", "valid", "test"] * 3, strict=True)
    ]
    data = load("table", table(tmp_path / "d", marked, "file,label,split"))
    assert [data.size(split) for split in data.splits] == [3, 3, 3]
    check_labels(data)


def test_a_table_in_parquet_and_tabs_is_the_same_data(tmp_path: Path, load: Load) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    root = tmp_path / "d"
    rows = [row.split(",") for row in animals(root)]
    table(root, [",".join(row) for row in rows])
    table(root, ["\t".join(row) for row in rows], "file\tlabel", "labels.tsv")
    columns = {"file": [row[0] for row in rows], "label": [row[1] for row in rows]}
    parquet.write_table(pyarrow.table(columns), root / "labels.parquet")
    hashes = {
        load("table", root, data__file=f"labels.{kind}").content_hash
        for kind in ("csv", "tsv", "parquet")
    }
    assert len(hashes) == 1


def test_several_labels_an_image(tmp_path: Path, load: Load) -> None:
    root = tmp_path / "d"
    rows = [f"{put(root, 'ant', n)},{'bee|ant' if n % 2 else 'ant'}" for n in range(9)]
    rows.append(f"{put(root, 'cat', 0)},")
    data = load("table", table(root, rows), task__kind="multilabel")
    labels = torch.cat([split.targets["label"] for split in data.splits.values()])
    assert labels.shape == (10, 2)
    found = sorted(map(tuple, labels.tolist()))
    assert found == [(-1, -1)] + [(0, -1)] * 5 + [(0, 1)] * 4


@pytest.mark.parametrize(
    ("rows", "header", "why"),
    [
        (["images/no.png,ant"], "file,label", "row 1: images/no.png: No such file"),
        (["../out.png,ant"], "file,label", "row 1: '../out.png' is no file below"),
        (["/etc/passwd,ant"], "file,label", "row 1: '/etc/passwd' is no file below"),
        (["images/ant0.png,ant"] * 2, "file,label", "row 2: images/ant0.png is named twice"),
        (["images/ant0.png,ant,tset"], "file,label,split", "row 1: split 'tset'"),
        (["images/ant0.png,ant,x"], "file,label,splt", "unknown column 'splt'"),
        (["images/ant0.png,ant"], "file,class", "no column 'label' (its columns: file, class)"),
        (["images/ant0.png"], "file,label", "row 1 has 1 values; there are 2"),
        (["images/ant0.png,ant|bee"], "file,label", "set task.kind=multilabel"),
    ],
)  # fmt: skip
def test_a_table_that_cannot_be_used(
    tmp_path: Path, load: Load, rows: list[str], header: str, why: str
) -> None:
    root = tmp_path / "d"
    more = [row + ",train" * (header.count(",") - 1) for row in animals(root)[1:]]
    with pytest.raises(DataError) as raised:
        load("table", table(root, [*rows, *more], header))
    assert why in str(raised.value)
    assert "\n" not in str(raised.value)


def test_other_columns_can_be_left_out(tmp_path: Path, load: Load) -> None:
    rows = [f"{row},7" for row in animals(tmp_path / "d")]
    root = table(tmp_path / "d", rows, "file,label,age")
    assert load("table", root, data__other_columns=True).size() == 9


def shards(root: Path, each: int, split: str, label: str = "") -> None:
    root.mkdir(parents=True, exist_ok=True)
    with tarfile.open(root / f"{split}-0000.tar", "w") as archive:
        for number, name in enumerate([*SHADES] * each):
            key = f"{split}{number:03}"
            text = (label or str(list(SHADES).index(name))).encode()
            for suffix, content in ((".png", encoded(name)), (".cls", text)):
                member = tarfile.TarInfo(key + suffix)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))


def test_tar_shards(tmp_path: Path, load: Load) -> None:
    root = tmp_path / "d"
    shards(root, 4, "train")
    shards(root, 2, "test")
    (root / "classes.txt").write_text("\n".join(SHADES))
    data = load("webdataset", root)
    assert data.classes == tuple(SHADES)
    assert [data.size(split) for split in data.splits] == [9, 3, 6]
    check_labels(data)


def test_a_shard_that_cannot_be_used(tmp_path: Path, load: Load) -> None:
    shards(tmp_path / "words", 4, "train", label="ant")
    with pytest.raises(DataError, match=r"train000\.cls holds 'ant'; a whole number"):
        load("webdataset", tmp_path / "words")
    (tmp_path / "zipped").mkdir()
    (tmp_path / "zipped" / "train.tar").write_bytes(b"\x1f\x8b no tar")
    with pytest.raises(DataError, match=r"train\.tar: cannot be read as a plain tar file"):
        load("webdataset", tmp_path / "zipped")
    (tmp_path / "none").mkdir()
    with pytest.raises(DataError, match=r"holds no \.tar shards"):
        load("webdataset", tmp_path / "none")


def rows_of_images(root: Path, each: int, split: str, **columns: object) -> None:
    """A split as Hugging Face writes it: row groups, and the class names in the metadata."""
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    root.mkdir(parents=True, exist_ok=True)
    names = [*SHADES] * each
    features = {"label": {"names": [*SHADES], "_type": "ClassLabel"}, "image": {"_type": "Image"}}
    content = {
        "image": [{"bytes": encoded(name), "path": None} for name in names],
        "label": [list(SHADES).index(name) for name in names],
    }
    made = pyarrow.table(content | columns)
    metadata = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    parquet.write_table(
        made.replace_schema_metadata(metadata),
        root / f"{split}-00000-of-00001.parquet",
        row_group_size=5,
    )


def test_hugging_face_parquet(tmp_path: Path, load: Load) -> None:
    rows_of_images(tmp_path / "d" / "data", 4, "train")
    rows_of_images(tmp_path / "d" / "data", 2, "validation")
    data = load("huggingface", tmp_path / "d")
    assert data.classes == tuple(SHADES)
    assert [data.size(split) for split in data.splits] == [9, 6, 3]
    check_labels(data)


def test_parquet_that_cannot_be_used(tmp_path: Path, load: Load) -> None:
    rows_of_images(tmp_path / "d", 4, "train", label=[None] * 12)
    with pytest.raises(DataError, match="row 0: label None"):
        load("huggingface", tmp_path / "d")
    with pytest.raises(DataError, match=r"no column 'img' \(its columns: image, label\)"):
        load("huggingface", tmp_path / "d", data__image_column="img")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "train.parquet").write_text("PAR1")
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        load("huggingface", tmp_path / "broken")


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("data/train-00000-of-00002.parquet", "train"),
        ("validation/0000.parquet", "validation"),
        ("imagenet-val-000.tar", "validation"),
        ("test.tar", "test"),
        ("contest-000.tar", "train"),
        ("latest/test-1.tar", "test"),
    ],
)
def test_the_split_of_a_shard(path: str, split: str) -> None:
    assert split_of(path) == split


def write_idx(path: Path, array: np.ndarray) -> None:
    """A file of the MNIST format: type and shape, then the bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(head + array.tobytes())


def test_a_set_of_torchvisions(tmp_path: Path, load: Load) -> None:
    raw = tmp_path / "d" / "MNIST" / "raw"
    for half, each in (("train", 4), ("t10k", 1)):
        labels = np.repeat(np.arange(10, dtype=np.uint8), each)
        write_idx(
            raw / f"{half}-images-idx3-ubyte",
            np.full((10 * each, 28, 28), 25, np.uint8) * labels[:, None, None],
        )
        write_idx(raw / f"{half}-labels-idx1-ubyte", labels)
    data = load("torchvision", tmp_path / "d", data__dataset="MNIST")
    assert data.classes[3] == "3 - three"
    assert [data.size(split) for split in data.splits] == [30, 10, 10]
    images, targets = data.train.batch(torch.arange(30))
    assert images.shape == (30, 1, 8, 8)
    assert torch.equal(images.float().mean(dim=(1, 2, 3)) / 25, targets["label"].float())


def test_a_set_of_torchvisions_without_splits_of_its_own(tmp_path: Path, load: Load) -> None:
    for number in range(10):
        place = tmp_path / "d" / "eurosat" / "2750" / f"class{number}"
        place.mkdir(parents=True)
        for index in range(4):
            image("ant").save(place / f"{index}.png")
    data = load("torchvision", tmp_path / "d", data__dataset="EuroSAT")
    assert [data.size(split) for split in data.splits] == [20, 10, 10]


def test_every_set_takes_the_arguments_that_it_is_listed_with() -> None:
    import inspect

    from torchvision import datasets

    for name, known in SETS.items():
        signature = inspect.signature(getattr(datasets, name).__init__)
        for arguments in known.splits.values():
            signature.bind(None, "root", download=True, **arguments)


def test_a_set_that_is_none(tmp_path: Path, config: MakeConfig) -> None:
    with pytest.raises(ConfigError, match="did you mean SVHN"):
        resolve_to_train(config("torchvision", data__dataset="svhm"), tmp_path)


def test_a_set_that_cannot_be_downloaded(
    tmp_path: Path, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr("urllib.request.urlopen", refused)
    with pytest.raises(DataError, match=r"torchvision's USPS is not there and could not be down"):
        load("torchvision", tmp_path, data__dataset="USPS")
