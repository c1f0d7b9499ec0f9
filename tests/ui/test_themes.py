"""The colours: curves can be told apart, and from what is behind them."""

from itertools import combinations

import pytest
from textual.color import Color
from textual.theme import Theme

from workbench.ui.themes import MEANINGS, MEANINGS_LIGHT, THEMES
from workbench.ui.widgets.chart import FURTHER
from workbench.ui.widgets.styles import ROLES

CURVES = ("training", "validation", *FURTHER)


def lab(color: str) -> tuple[float, float, float]:
    """CIE L*a*b* under D65: distances in it are as the eye sees them; about 2 can just be seen."""
    rgb = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in Color.parse(color).normalized
    ]
    weights = ((0.4339, 0.3762, 0.1899), (0.2126, 0.7152, 0.0722), (0.0177, 0.1095, 0.8728))
    x, y, z = (
        t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116
        for t in (sum(w * c for w, c in zip(row, rgb, strict=True)) for row in weights)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_no_two_curves_look_alike(theme: Theme) -> None:
    for one, other in combinations(CURVES, 2):
        pair = zip(lab(theme.variables[one]), lab(theme.variables[other]), strict=True)
        assert sum((a - b) ** 2 for a, b in pair) ** 0.5 > 30, (one, other)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_curve_stands_out_from_the_ground(theme: Theme) -> None:
    ground = Color.parse(theme.background or "")
    for name in CURVES:
        bright = [color.brightness for color in (Color.parse(theme.variables[name]), ground)]
        assert abs(bright[0] - bright[1]) > 0.3, name


def test_both_themes_have_the_same_meanings_and_every_further_curve_a_role() -> None:
    assert MEANINGS.keys() == MEANINGS_LIGHT.keys()
    assert set(FURTHER) <= set(ROLES) and set(CURVES) <= MEANINGS.keys()
