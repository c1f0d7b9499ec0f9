"""Results out of records, as tables show them."""

import pytest

from workbench.runs.library.columns import result_of, result_text


@pytest.mark.parametrize(
    ("record", "value"),
    [
        ({"run": {"seconds": 12.5}}, 12.5),
        ({"run": {"seconds": 0.0}}, None),  # it has just begun, and is not the fastest
        ({"run": {}}, None),
        ({"run": {"seconds": True}}, None),
        ({}, None),
    ],
)
def test_a_result_is_a_number_that_was_measured(
    record: dict[str, dict[str, float]], value: float | None
) -> None:
    assert result_of(record, "seconds") == value


def test_an_accuracy_of_nothing_is_a_result() -> None:
    found = result_of({"result": {"test_accuracy": 0.0}}, "test_accuracy")
    assert found == 0.0 and result_text("test_accuracy", found) == "0.00%"
