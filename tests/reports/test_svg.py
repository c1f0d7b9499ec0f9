"""Charts as SVG: well-formed, inside their axes, with everything from outside escaped."""

import math
import re
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from workbench.reports.svg import HEIGHT, MOST_POINTS, WIDTH, chart

Numbers = st.floats(-1e12, 1e12).filter(lambda value: value == 0 or abs(value) > 1e-9)


@given(points=st.lists(st.tuples(Numbers, Numbers), min_size=1, max_size=30), dots=st.booleans())
def test_every_point_lies_in_the_image(points: list[tuple[float, float]], dots: bool) -> None:
    x, y = [p[0] for p in points], [p[1] for p in points]
    svg = chart({"a": (x, y)}, "t", "x", "y", scatter=dots)
    places = [(float(a), float(b)) for a, b in re.findall(r'cx="(-?[\d.]+)" cy="(-?[\d.]+)"', svg)]
    for path in re.findall(r'd="M([^"]+)" stroke="#0072b2"', svg):
        places += [tuple(map(float, pair.split())) for pair in path.split("L")]
    assert places
    assert all(0 <= a <= WIDTH and 0 <= b <= HEIGHT for a, b in places)


def test_names_cannot_become_markup() -> None:
    svg = chart({"<script>": ([1], [1]), "&": ([2], [2])}, "<b>", '"x"', "y")
    ElementTree.fromstring(svg)
    assert "<script>" not in svg and "<b>" not in svg


def test_what_is_not_finite_is_left_out() -> None:
    assert chart({"a": ([1, math.nan], [math.inf, 2])}, "t", "x", "y") == ""
    assert chart({"a": ([0, -1], [1, 2])}, "t", "x", "y", log_x=True) == ""


def test_a_long_curve_stays_small() -> None:
    long = list(range(100_000))
    svg = chart({"a": (long, long)}, "t", "x", "y")
    assert svg.count("L") <= MOST_POINTS + 30 and len(svg) < 20_000
