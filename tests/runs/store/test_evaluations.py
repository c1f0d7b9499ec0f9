"""Test crops as they are written on the command line, and evaluations kept beside a run."""

import pytest

from workbench.errors import RequestError
from workbench.runs.store.evaluations import keep_evaluation, list_evaluations, parse_crops
from workbench.runs.store.folder import RunFolder


@pytest.mark.parametrize(
    ("text", "sizes"),
    [("40:43", [40, 41, 42, 43]), ("40:50:4", [40, 44, 48]), ("56", [56]), ("7:7", [7])],
)
def test_a_range_holds_both_its_ends(text: str, sizes: list[int]) -> None:
    assert parse_crops(text).sizes == sizes


@pytest.mark.parametrize("text", ["", "a", "9:3", "0:4", "1:2:0", "1:2:3:4", "-1", "1:9999", "4²"])
def test_a_wrong_range_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(RequestError, match="--crop"):
        parse_crops(text)


def test_a_kept_evaluation_is_listed_and_a_damaged_one_passed_over(finished: RunFolder) -> None:
    best = {"crop": 8, "accuracy": 0.5}
    document = {"split": "test", "results": [best], "best": best}
    keep_evaluation(finished, "test-last", document)
    (finished.path / "evaluations" / "zz.json").write_text("{")
    keep_evaluation(finished, "other", {"results": [3], "best": best, "split": "test"})
    assert list_evaluations(finished) == [document]
