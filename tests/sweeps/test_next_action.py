"""What a coordinator does about a run, from what it sees of it."""

import pytest

from workbench.sweeps.next_action import Action, Observation, action


@pytest.mark.parametrize(
    ("seen", "watched", "retry_failed", "expected"),
    [
        (Observation(""), False, False, "start"),
        (Observation("running", live=True), False, False, "wait"),
        (Observation("finished"), False, False, "done"),
        (Observation("finished"), True, True, "done"),
        (Observation("stopped"), False, False, "resume"),  # by an earlier coordinator's ctrl-C
        (Observation("stopped"), True, False, "left"),  # by somebody, just now
        (Observation("crashed"), True, False, "retry"),
        (Observation("failed"), False, False, "retry"),
        (Observation("crashed", retries=1), True, False, "failed"),
        (Observation("crashed", retries=1), False, True, "retry"),
        (Observation("crashed", retries=1, other_boot=True), False, False, "resume"),
        (Observation("failed", retries=1, other_boot=True), False, False, "failed"),
    ],
)
def test_the_action_follows_from_the_status(
    seen: Observation, watched: bool, retry_failed: bool, expected: Action
) -> None:
    assert action(seen, watched=watched, retry_failed=retry_failed) == expected
