"""A line that is rewritten in place."""

import pytest

from workbench.cli.console.live_line import REWRITE, LiveLine


def test_lines_that_stay_are_printed_above_it(capsys: pytest.CaptureFixture[str]) -> None:
    line = LiveLine(live=True)
    for text in ("1/2", "1/2", "2/2"):
        line.show(text)
    line.say("done")
    line.close()
    written = [f"{REWRITE}1/2", f"{REWRITE}2/2", REWRITE, "done\n", f"{REWRITE}2/2", REWRITE]
    assert capsys.readouterr().err == "".join(written)


def test_off_a_terminal_only_what_stays_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    line = LiveLine(live=False)
    line.show("1/2")
    line.say("done")
    line.close()
    assert capsys.readouterr().err == "done\n"
