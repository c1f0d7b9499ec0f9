"""What a coordinator does about a run, from what it sees of it."""

import pytest

from workbench.sweeps.next_action import Action, Seen, action


@pytest.mark.parametrize(
    ("seen", "watched", "retry_failed", "expected"),
    [
        (Seen(""), False, False, "start"),
        (Seen("running", live=True), False, False, "wait"),
        (Seen("finished"), False, False, "done"),
        (Seen("finished"), True, True, "done"),
        (Seen("stopped"), False, False, "resume"),  # by an earlier coordinator's ctrl-C
        (Seen("stopped"), True, False, "left"),  # by somebody, just now
        (Seen("crashed"), True, False, "retry"),
        (Seen("failed"), False, False, "retry"),
        (Seen("crashed", retries=1), True, False, "failed"),
        (Seen("crashed", retries=1), False, True, "retry"),
        (Seen("crashed", retries=1, other_boot=True), False, False, "resume"),
        (Seen("failed", retries=1, other_boot=True), False, False, "failed"),
    ],
)
def test_the_action_follows_from_the_standing(
    seen: Seen, watched: bool, retry_failed: bool, expected: Action
) -> None:
    assert action(seen, watched=watched, retry_failed=retry_failed) == expected
