"""The chart that plotext draws, as lines with roles."""

import pytest
from rich.cells import cell_len

from workbench.ui.widgets.axes import Axis
from workbench.ui.widgets.chart import Chart, Curve, draw
from workbench.ui.widgets.curves import Points
from workbench.ui.widgets.lines import changed_stretches, plain

DOTS = range(0x2801, 0x2900)  # braille
X = Axis(0.0, 40.0, tuple((float(at), str(at)) for at in range(0, 41, 10)))
Y = Axis(0.0, 1.0, ((0.0, "0.0"), (0.5, "0.5"), (1.0, "1.0")))


def falling(length: int) -> Curve:
    return Curve(
        Points(tuple(map(float, range(length))), tuple(1 - i / 40 for i in range(length))), "train"
    )


@pytest.mark.parametrize("size", [(78, 18), (79, 26), (159, 40), (30, 6)])
def test_it_fills_its_size_whatever_the_terminal(size: tuple[int, int]) -> None:
    lines = draw(Chart((falling(40),), X, Y, "epoch"), *size)
    assert len(lines) == size[1]
    assert all(cell_len(plain(line)) <= size[0] for line in lines)
    assert plain(lines[-1]).rstrip().endswith("epoch")
    assert "1.0 ┤" in plain(lines[0])


def test_each_curve_has_its_role_and_the_best_its_mark() -> None:
    val = Curve(Points((5.0, 35.0), (0.2, 0.8)), "val")
    lines = draw(Chart((falling(40), val), X, Y, "epoch", best=(35.0, 0.8)), 78, 20)
    roles = {role for line in lines for _, role in line}
    assert {"axis", "train", "val", "best"} <= roles
    assert sum(text.count("●") for line in lines for text, role in line if role == "best") == 1


def test_a_longer_curve_changes_a_few_cells() -> None:
    before = draw(Chart((falling(20),), X, Y, "epoch"), 78, 20)
    after = draw(Chart((falling(21),), X, Y, "epoch"), 78, 20)
    pairs = zip(before, after, strict=True)
    changed = [end - start for a, b in pairs for start, end in changed_stretches(a, b)]
    assert 1 <= len(changed) <= 3
    assert sum(changed) <= 12


def test_without_a_point_there_are_axes() -> None:
    text = "\n".join(plain(line) for line in draw(Chart((), X, Y, "step"), 60, 12))
    assert "0.5 ┤" in text
    assert "step" in text


def test_values_beyond_the_axis_are_drawn_at_its_edge() -> None:
    wild = Curve(Points((1.0, 20.0, 30.0), (900.0, 0.5, -5.0)), "train")
    lines = draw(Chart((wild,), X, Y, "epoch"), 78, 20)
    assert any(role == "train" for _, role in lines[0])
    assert any(role == "train" for _, role in lines[-3])


@pytest.mark.parametrize("height", [9, 14, 23, 30])
@pytest.mark.parametrize("value", [0.0, 0.01, 0.13, 0.3, 0.49, 0.5, 0.74, 0.99, 1.0])
def test_a_letter_and_the_best_stand_on_their_curve(height: int, value: float) -> None:
    level = Curve(Points((0.0, 13.0, 40.0), (value,) * 3), "train", "A", 0.5)
    lines = draw(Chart((level,), X, Y, "epoch", best=(31.0, value)), 78, height)
    rows = {
        kind: {y for y, line in enumerate(lines) if set(plain(line)) & signs}
        for kind, signs in (("letter", {"A"}), ("best", {"●"}), ("dots", set(map(chr, DOTS))))
    }
    assert rows["letter"] == rows["best"] == rows["dots"]
