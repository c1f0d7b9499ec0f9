"""``workbench predict`` on images of the data set, and on what is no image."""

import os
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from sklearn.datasets import load_digits

from tests.cli.conftest import Workbench
from workbench.runs.store.folder import RunFolder
from workbench.training.inference.finished import open_run


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Five digits as PNG files, to the pixel what the data set holds."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index, image in enumerate(load_digits().images[:5]):
        pixels = np.rint(image * (255 / 16)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return folder


def test_a_image_gets_the_networks_own_classes(
    workbench: Workbench, finished: RunFolder, images: Path
) -> None:
    result = workbench("predict", finished.path, images, "--top", 3, "--json")
    run = open_run(finished)
    mean, std = run.normalisation
    pixels = np.stack([np.asarray(Image.open(images / f"{i}.png")) for i in range(5)])
    transform = run.transform(mean, std, run.crop)
    with torch.inference_mode(), run.compute.autocast():
        logits = run.model(transform(torch.from_numpy(pixels)[:, None])).float()
    best = logits.softmax(dim=1).max(dim=1)
    assert result.status == 0 and len(result.document) == 5
    for row, probability, label in zip(result.document, best.values, best.indices, strict=True):
        assert row["top"][0]["class"] == str(label.item())
        assert row["top"][0]["probability"] == pytest.approx(probability.item(), abs=1e-5)
        assert len(row["top"]) == 3


def test_a_broken_image_is_one_line_and_the_others_are_answered(
    workbench: Workbench, finished: RunFolder, images: Path
) -> None:
    (images / "9.png").write_bytes(b"no image")
    result = workbench("predict", finished.path, images, images / "gone.png")
    assert result.status == 1
    lines = [line for line in result.err.splitlines() if ".png" in line]
    assert len(lines) == 2 and "9.png: is no image" in lines[0] and "gone.png" in lines[1]
    assert result.out.count(".png") == 5 and "Traceback" not in result.err


def test_the_image_is_drawn_in_half_blocks(
    workbench: Workbench, finished: RunFolder, images: Path
) -> None:
    plain = workbench("predict", finished.path, images / "0.png")
    drawn = workbench("predict", finished.path, images / "0.png", "--show")
    assert "▀" not in plain.out
    assert drawn.out.count("▀") == 8 * 4 and "\x1b[38;2;" in drawn.out


@pytest.mark.parametrize(("protocol", "begins"), [("kitty", "\x1b_Ga=T,"), ("sixel", "\x1bP0;1q")])
def test_on_a_terminal_it_is_drawn_by_its_protocol(
    workbench: Workbench,
    finished: RunFolder,
    images: Path,
    monkeypatch: pytest.MonkeyPatch,
    protocol: str,
    begins: str,
) -> None:
    monkeypatch.setenv("WORKBENCH_IMAGES", protocol)
    piped = workbench("predict", finished.path, images / "0.png", "--show")
    assert "▀" in piped.out and begins not in piped.out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    shown = workbench("predict", finished.path, images / "0.png")
    assert begins in shown.out and "▀" not in shown.out


def test_a_folder_without_images_is_refused(
    workbench: Workbench, finished: RunFolder, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    result = workbench("predict", finished.path, tmp_path / "empty")
    assert result.status == 2 and "holds no image" in result.err


@pytest.mark.timeout(60)
def test_what_is_no_image_of_a_folder_is_passed_over_with_a_word(
    workbench: Workbench, finished: RunFolder, images: Path
) -> None:
    os.mkfifo(images / "x.png")
    (images / "__MACOSX").mkdir()
    (images / "__MACOSX" / "._0.png").write_bytes(b"")
    (images / "._0.png").write_bytes(b"")
    result = workbench("predict", finished.path, images, "--json")
    assert result.status == 0
    assert [Path(one["picture"]).name for one in result.document] == [f"{n}.png" for n in range(5)]
    assert f"{images / 'x.png'}: skipped: is a named pipe, not a file" in result.err
    assert f"{images / '__MACOSX'}: skipped: " in result.err
    assert f"{images / '._0.png'}: skipped: its name begins with a dot" in result.err
    named = workbench("predict", finished.path, images / "x.png")
    assert named.status == 1 and "x.png: is a named pipe, not a file" in named.err
