"""On a slow line the screens look less often."""

import pytest

from workbench.ui.widgets.slow_line import SLOW, interval_factor, rest


@pytest.mark.parametrize(("value", "stretched"), [("", 1.0), ("0", 1.0), ("1", 8.0), ("yes", 8.0)])
def test_interval_factor(monkeypatch: pytest.MonkeyPatch, value: str, stretched: float) -> None:
    monkeypatch.setenv(SLOW, value)
    assert interval_factor() == stretched
    assert rest() == (10 if stretched > 1 else 1)
