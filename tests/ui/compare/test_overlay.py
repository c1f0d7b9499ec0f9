"""Charts of several runs: in their size, with the right places."""

from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.formatting.tables import TextTable
from workbench.ui.compare.overlay import dots, legend, lettered, overlay, swept, table_lines
from workbench.ui.widgets.lines import plain

Values = st.floats(0, 999, allow_subnormal=False)
Curve = st.lists(st.tuples(Values, Values), max_size=20).map(
    lambda points: tuple(zip(*sorted(points), strict=True)) or ((), ())
)


@settings(max_examples=40)
@given(st.lists(Curve, min_size=1, max_size=8), st.integers(20, 120), st.integers(5, 30))
def test_curves_fill_their_size_and_no_more(curves: list, width: int, height: int) -> None:  # type: ignore[type-arg]
    lines = overlay(curves, "epoch", width, height)
    assert len(lines) in (0, height)
    assert all(len(plain(line)) <= width for line in lines)


@settings(max_examples=40)
@given(
    st.dictionaries(st.integers(0, 30), st.tuples(Values, Values), min_size=1, max_size=9),
    st.integers(20, 120),
    st.integers(6, 30),
)
def test_every_dot_is_in_the_chart(
    points: dict[int, tuple[float, float]], width: int, height: int
) -> None:
    lines = dots(points, set(points), width, height)
    assert all(len(plain(line)) <= width for line in lines) and len(lines) <= height
    letters = {
        letter for line in lines[:-2] for text, _ in line for letter in text if letter.isalpha()
    }
    assert 1 <= len(letters) <= len(points)


def test_the_cheapest_is_at_the_left_and_the_best_at_the_top() -> None:
    lines = dots({0: (1, 10), 1: (100, 90)}, {1}, 40, 10)
    places = {
        letter: (row, plain(line).index(letter))
        for row, line in enumerate(lines)
        for letter in "AB"
        if letter in plain(line)
    }
    assert places["A"][1] < places["B"][1] and places["A"][0] > places["B"][0]


def test_a_sweep_over_decades_is_spaced_by_its_logarithm() -> None:
    lines = swept([(0.001, 10.0), (0.01, 20.0), (0.1, 30.0)], "lr", 60, 12)
    numbers = plain(lines[-1])
    first, second = (numbers.index(text) for text in ("0.001", "0.01 "))
    assert 15 < second - first < 35
    assert swept([(1.0, 2.0)], "lr", 60, 12) == []


def test_eight_curves_have_colours_of_their_own_and_all_have_letters() -> None:
    curves = [((0.0, 5.0, 10.0), (float(n), n + 1.0, n + 2.0)) for n in range(10)]
    lines = overlay(curves, "epoch", 100, 30)
    roles = {letter: role for line in lines[:-2] for text, role in line for letter in text}
    assert {letter: roles[letter] for letter in "ABCDEFGHIJ"} == {
        name.split()[0]: role for name, role in legend(["run"] * 10, 100)
    }
    assert len({roles[letter] for letter in "ABCDEFGH"}) == 8


def test_letters_of_curves_in_one_place_do_not_cover_each_other() -> None:
    curve = (tuple(map(float, range(30))), (1.0,) * 30)
    text = "".join(plain(line) for line in overlay([curve] * 5, "step", 100, 20))
    assert all(letter in text for letter in "ABCDE")


def test_a_legend_that_is_too_long_ends_in_an_ellipsis() -> None:
    assert plain(legend(["one", "two"], 40)) == " A one  B two "
    assert plain(legend(["one", "two"], 9)) == " A one …"
    rates = [f"rates-of-learning-lr-{rate}" for rate in (0.1, 0.01)]
    assert plain(legend(rates, 40)) == " A …learning-lr-0.1  B …earning-lr-0.01 "


def test_the_best_cell_and_the_cursor_have_their_roles() -> None:
    table = TextTable("t", ["a", "b"], [["x", "1 ★"], ["\x1b[31m", "2"]], frozenset((1,)))
    head, first, second = table_lines(table, cursor=1)
    assert {role for _, role in head} == {"heading"}
    assert first[1][1] == "best" and second[0][1] == "cursor"
    assert "\x1b" not in plain(second)


def test_digits_stand_below_each_other_beside_a_star() -> None:
    table = TextTable("t", ["a", "count"], [["x", "12 ★"], ["y", "345"]], frozenset((1,)))
    _, first, second = (plain(line) for line in table_lines(table))
    assert first.index("2 ★") == second.index("5")


def test_runs_go_by_their_letters_where_their_names_do_not_fit() -> None:
    table = TextTable("Layers", ["layer", "lr-0.1 params", "MACs", "lr-0.1", "MACs"], [])
    assert lettered(table, ["lr-0.1", "lr-0.1"]).headings == [
        "layer",
        "A params",
        "MACs",
        "B",
        "MACs",
    ]
    assert lettered(table, ["lr-0"]).headings == table.headings  # no run's whole name
