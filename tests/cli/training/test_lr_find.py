"""``workbench lr-find``: the document, the plot, and what it refuses."""

import pytest

from tests.cli.conftest import Workbench

QUICK = ("--set", "data.limit=100", "--set", "model.width=4", "--steps", "30", "--device", "cpu")


def test_json_tells_curve_and_suggestion(workbench: Workbench) -> None:
    first = workbench("lr-find", "quick/digits", *QUICK, "--json")
    assert first.status == 0
    document = first.document
    assert document["preset"] == "quick/digits" and document["lr"] == 0.004
    assert document["suggestion"] == document["valley"] or document["valley"] is None
    rates = [point["lr"] for point in document["points"]]
    assert rates == sorted(rates) and rates[0] == pytest.approx(1e-6)
    assert 1e-6 < document["suggestion"] < 10
    assert workbench("lr-find", "quick/digits", *QUICK, "--json").document == document


def test_the_plot_has_a_suggestion_below(workbench: Workbench) -> None:
    out = workbench("lr-find", "quick/digits", *QUICK).out
    assert "learning rate" in out and "optimizer.lr = " in out.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--low", "1", "--high", "0.1"), "--low 1 --high 0.1"),
        (("--steps", "3"), "--steps 3"),
        (("--set", "optimizer.lr=fast"), "optimizer.lr"),
        (("--device", "cuda:7"), "cuda:7"),
    ],
)
def test_wrong_requests_are_one_line(
    workbench: Workbench, arguments: tuple[str, ...], words: str
) -> None:
    result = workbench("lr-find", "quick/digits", *arguments)
    assert result.status == 2 and words in result.err and result.err.count("\n") == 1
