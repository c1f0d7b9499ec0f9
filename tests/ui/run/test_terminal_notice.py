"""The terminal's title, its tab and its bell follow a run, and say nothing twice."""

from workbench.runs.live.status import RunStatus
from workbench.ui.run.terminal_notice import TerminalNotice, knows_progress

LIVE, DONE = RunStatus("running"), RunStatus("finished")


def test_the_title_changes_with_the_percent_and_the_end_rings_once() -> None:
    said: list[str] = []
    notice = TerminalNotice(said.append, on_tab=True)
    notice.show("digits", LIVE, 0.421)
    notice.show("digits", LIVE, 0.4215)
    assert said == ["\x1b]0;42 % digits\x1b\\", "\x1b]9;4;1;42\x1b\\"]
    said.clear()
    notice.show("digits", DONE, 1.0)
    notice.show("digits", DONE, 1.0)
    assert said[0] == "\a\x1b]9;digits has finished\x1b\\"
    assert said.count(said[0]) == 1 and said[-1] == "\x1b]9;4;0;0\x1b\\"


def test_a_run_that_had_ended_before_does_not_ring() -> None:
    said: list[str] = []
    TerminalNotice(said.append, on_tab=False).show("digits", DONE, 1.0)
    assert said == ["\x1b]0;finished digits\x1b\\"]


def test_a_name_cannot_write_to_the_terminal() -> None:
    said: list[str] = []
    TerminalNotice(said.append, on_tab=False).show("a\x1b]0;evil\ab", LIVE, 0.0)
    assert "".join(said).count("\x1b") == 2 and "\a" not in "".join(said)


def test_leaving_gives_the_title_back() -> None:
    said: list[str] = []
    notice = TerminalNotice(said.append, on_tab=False)
    notice.leave()
    assert said == []
    notice.show("digits", LIVE, 0.0)
    notice.leave()
    assert said[-1] == "\x1b]0;workbench\x1b\\"


def test_progress_on_the_tab_goes_to_terminals_that_know_it() -> None:
    assert knows_progress({"WT_SESSION": "x"}) and knows_progress({"TERM": "xterm-ghostty"})
    assert not knows_progress({"TERM": "xterm-256color"}) and not knows_progress({})
