"""A look at a data set from another process, through lines of JSON."""

import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from workbench.catalog.samples import (
    DatasetInfo,
    Page,
    Problem,
    Progress,
    Request,
    SampleImage,
    ask,
    command,
    read_message,
    write_message,
)
from workbench.config import RunConfig, to_toml
from workbench.config.fitting import resolve
from workbench.config.presets import load_preset
from workbench.data import load_data
from workbench.data import preview as look

MakeConfig = Callable[..., RunConfig]
MakeFolder = Callable[..., Path]


def test_facts_and_images_of_a_folder(
    folder: Callable[..., Path], config: MakeConfig, tmp_path: Path
) -> None:
    root = folder({"a": 10, "[b]": 20})
    (root / "a" / "003.png").write_bytes(b"broken")
    file = tmp_path / "config.toml"
    file.write_text(to_toml(resolve(config("imagefolder"), root)))
    asked = "".join(ask(Request(count)) + "\n" for count in (5, 0))
    done = subprocess.run(command(file), input=asked, capture_output=True, text=True, check=True)
    told = [read_message(line) for line in done.stdout.splitlines()]
    assert Progress("decoding images", 30, 30) in told
    (found,) = [message for message in told if isinstance(message, DatasetInfo)]
    assert found.classes == ("[b]", "a") and found.shape == (3, 8, 8)
    assert [sum(found.counts[split]) for split in ("train", "validation", "test")] == [20, 3, 6]
    assert [path for path, _ in found.skipped] == ["a/003.png"]
    first, second = told[-2:]
    assert isinstance(first, Page) and len(first.images) == 5
    assert {image.label for image in first.images} <= {"a", "[b]"}
    assert second == Page(())


def test_what_cannot_be_looked_at_is_one_line(
    config: MakeConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(to_toml(config("imagefolder", data__root=str(tmp_path / "none"))))
    assert look.main([str(file)]) == 2
    told = read_message(capsys.readouterr().out)
    assert isinstance(told, Problem) and "no such folder" in told.text


def test_an_empty_split_is_one_line_and_shows_nothing(
    config: MakeConfig, folder: MakeFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.toml"
    root = folder({"a": 1, "b": 1})
    file.write_text(to_toml(config("imagefolder", data__root=str(root))))
    assert look.main([str(file)]) == 2
    told = [read_message(line) for line in capsys.readouterr().out.splitlines()]
    assert len(told) == 1 and isinstance(told[0], Problem)
    assert "class 'a' has 1 image and needs at least 3" in told[0].text


def test_samples_with_boxes_name_what_they_show() -> None:
    few = {"data.source": "digits", "data.scenes": 20, "data.objects": 2, "data.size": 96}
    chosen = resolve(load_preset("detection/rpn-scenes", few))
    data = load_data(chosen)
    shown = look.samples(chosen, data, Request(20, augmented=False)).images
    wanted = {", ".join(str(n) for n in row.tolist()) for row in data.train.targets["label"]}
    assert {image.label for image in shown} == wanted
    assert (
        look.dataset_info(data).total("train") == 20 < sum(look.dataset_info(data).counts["train"])
    )


def test_a_request_that_is_none_ends_it(
    config: MakeConfig,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "config.toml"
    file.write_text(to_toml(config()))
    monkeypatch.setattr("sys.stdin", io.StringIO("[]\n"))
    assert look.main([str(file)]) == 2
    told = read_message(capsys.readouterr().out.splitlines()[-1])
    assert told == Problem("not a request: []")


def test_plain_samples_are_the_images(config: MakeConfig) -> None:
    chosen = config(augment__hflip=0.5)
    data = load_data(chosen)
    rows = torch.randperm(len(data.train), generator=torch.Generator().manual_seed(3))[:4]
    page = look.samples(chosen, data, Request(4, augmented=False, seed=3))
    for image, row in zip(page.images, rows, strict=True):
        grey = data.train.images[row].flatten()
        rgb = torch.frombuffer(bytearray(image.rgb), dtype=torch.uint8).view(-1, 3)
        assert all(torch.equal(rgb[:, channel], grey) for channel in range(3))
        assert (image.width, image.height) == (8, 8)


def test_augmented_samples_show_what_training_sees(config: MakeConfig) -> None:
    chosen = config(augment__mixup=1.0, augment__crop=6)
    data = load_data(chosen)
    mixed = look.samples(chosen, data, Request(6))
    assert mixed == look.samples(chosen, data, Request(6))
    assert mixed != look.samples(chosen, data, Request(6, seed=1))
    assert all("%" in image.label and image.width == 6 for image in mixed.images)


def test_large_images_are_sent_small(config: MakeConfig) -> None:
    chosen = config(data__size=120, data__limit=100)
    page = look.samples(chosen, load_data(chosen), Request(1))
    assert (page.images[0].width, page.images[0].height) == (96, 96)
    page = look.samples(chosen, load_data(chosen), Request(1, largest=110))
    assert (page.images[0].width, page.images[0].height) == (110, 110)


def test_the_reader_needs_no_torch() -> None:
    code = "import sys, workbench.catalog.samples; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
KEYS = st.sampled_from(["progress", "done", "total", "info", "page", "error"])


@given(st.text() | st.dictionaries(KEYS, JSON).map(json.dumps) | JSON.map(json.dumps))
def test_whatever_comes_is_understood_or_a_problem(line: str) -> None:
    assert isinstance(read_message(line), Progress | Problem | DatasetInfo | Page)


def test_messages_survive_their_line() -> None:
    page = Page((SampleImage("[b] \n", 1, 2, bytes(range(6))),))
    assert read_message(write_message(page)) == page
    short = json.loads(write_message(page))
    short["page"][0]["height"] = 3
    assert isinstance(read_message(json.dumps(short)), Problem)
