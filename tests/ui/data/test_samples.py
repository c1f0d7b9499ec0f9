"""The look at a data set as lines: info, images, counts, and what is wrong."""

from dataclasses import replace

import pytest

from workbench.catalog.samples import DatasetInfo, Page, Request, SampleImage
from workbench.ui.data.samples import DataView, data_lines
from workbench.ui.widgets.lines import Line, plain

FACTS = DatasetInfo(
    name="imagefolder",
    shape=(3, 8, 8),
    classes=("ant", "[bee]\x1b[31m"),
    counts={"train": (5, 20), "validation": (1, 2), "test": (3, 4)},
    mean=(0.1, 0.2, 0.3),
    std=(0.4, 0.5, 0.6),
    content_hash="abc",
    skipped=(("a/1.png", "is no image"), ("a/2.png", "truncated")),
)
RED = SampleImage("ant", 2, 2, bytes([255, 0, 0] * 4))


def text(lines: list[Line]) -> str:
    return "\n".join(plain(line) for line in lines)


def test_waiting_says_for_what() -> None:
    view = DataView(Request(2), waiting="decoding images 12,000/50,000")
    assert text(data_lines(view, 80)) == " decoding images 12,000/50,000"


def test_a_problem_is_shown_whole() -> None:
    view = DataView(Request(2), FACTS, problem="word " * 40)
    lines = data_lines(view, 40)
    assert all(len(plain(line)) <= 40 for line in lines)
    assert text(lines).split() == ["word"] * 40


def test_facts_are_told() -> None:
    shown = text(data_lines(DataView(Request(2), FACTS), 120))
    assert "25 training  3 validation  7 test" in shown
    assert "8×8 RGB   2 classes" in shown
    assert "training mean 0.1000 0.2000 0.3000   std 0.4000 0.5000 0.6000" in shown
    assert "2 files skipped: a/1.png: is no image   x shows all" in shown


def test_images_carry_their_colours() -> None:
    view = DataView(Request(2), FACTS, Page((RED, RED)))
    lines = data_lines(view, 120)
    cells = [span for line in lines for span in line if span[0] == "▀"]
    assert len(cells) == 2 * 12 * 6  # 2×2 pixels, enlarged until a label fits below
    assert {role for _, role in cells} == {"#ff0000 on #ff0000"}


@pytest.mark.parametrize("width", [20, 80, 160])
def test_rows_of_images_fit(width: int) -> None:
    view = DataView(Request(2), FACTS, Page((RED,) * 5))
    rows = [line for line in data_lines(view, width) if any(span[0] == "▀" for span in line)]
    assert rows and all(len(plain(row)) <= width for row in rows)


def test_classes_stand_with_the_largest_first_and_without_escapes() -> None:
    lines = data_lines(DataView(Request(2), FACTS, Page(())), 80)
    assert "largest 4.0 × the smallest" in text(lines)
    bee, ant = (plain(line) for line in lines[-2:])
    assert bee.startswith(" [bee] ") and bee.split()[-3:] == ["20", "2", "4"]
    assert ant.startswith(" ant ") and ant.split()[-3:] == ["5", "1", "3"]
    assert len(bee) == len(ant) <= 80


def test_an_empty_class_is_named_as_such() -> None:
    info = replace(FACTS, counts={**FACTS.counts, "train": (0, 20)})
    assert "one class is empty" in text(data_lines(DataView(Request(2), info), 80))


def test_what_the_keys_do_is_beside_the_images() -> None:
    page = Page((RED,))
    seen = text(data_lines(DataView(Request(2), FACTS, page), 80))
    plain_ones = text(data_lines(DataView(Request(2, augmented=False), FACTS, page), 80))
    assert "as training sees them   a plain" in seen
    assert "as a test image   a augmented" in plain_ones
