"""The learning-rate finder over the Presets screen: its curve, and what it puts into the form."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.ui.desk import NARROW, desk, presets_screen, settle, text_of
from workbench.config import RunConfig
from workbench.config.lr_range import Span
from workbench.errors import RunError
from workbench.ui.presets import lr_finder
from workbench.ui.presets.lr_finder import LrFinder

POINTS = [
    {"lr": rate, "loss": loss, "smoothed": loss}
    for rate, loss in zip(Span().rates, [2.0] * 50 + [1.0] * 30 + [3.0] * 20, strict=True)
]
DOCUMENT = {"points": POINTS, "low": 1e-6, "high": 10.0, "lr": 0.004, "diverged": True,
            "suggestion": 0.002, "valley": 0.002, "steepest": 0.03}  # fmt: skip


def answer(monkeypatch: pytest.MonkeyPatch, found: Any) -> None:
    """Have every test end with a document, an error, or never (an event)."""

    async def find_lr(config: RunConfig, span: Span, progress: Any) -> Any:
        progress("trying learning rates", 7, 100)
        if isinstance(found, asyncio.Event):
            await found.wait()
        if isinstance(found, Exception):
            raise found
        return found

    monkeypatch.setattr(lr_finder, "find_lr", find_lr)


@pytest.mark.parametrize(("key", "rate"), [("enter", 0.002), ("s", 0.03)])
async def test_the_rate_goes_into_the_form(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, rate: float
) -> None:
    answer(monkeypatch, DOCUMENT)
    async with desk(tmp_path, size=NARROW) as (app, pilot, _):
        await pilot.press("r")
        await looked_at(app, "steepest 0.03")
        await settle(pilot)
        text = text_of(app)
        assert "learning rate of quick/digits" in text and "1e-3" in text and "●" in text
        await pilot.press(key)
        await settle(pilot)
        draft = presets_screen(app).draft
        assert draft is not None and draft.changes == {"optimizer.lr": rate}


async def test_escape_leaves_everything_and_ends_the_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(monkeypatch, asyncio.Event())
    async with desk(tmp_path) as (app, pilot, _):
        await pilot.press("r")
        await looked_at(app, "trying learning rates 7/100")
        await pilot.press("enter")  # nothing to take yet
        assert isinstance(app.screen, LrFinder)
        await pilot.press("escape")
        await settle(pilot)
        draft = presets_screen(app).draft
        assert app.screen is presets_screen(app) and draft is not None and not draft.changes


async def test_what_went_wrong_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, RunError("the memory ran [out]"))
    async with desk(tmp_path) as (app, pilot, _):
        await pilot.press("r")
        await looked_at(app, "✗ the memory ran [out]")


async def looked_at(app: Any, words: str) -> None:
    """Until the screen shows these words."""
    for _ in range(200):
        if words in text_of(app):
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"{words!r} is not in\n{text_of(app)}")
