"""The actions on a run: which there are in its state, and the command line of each. Pure.

Another action is a line here.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from workbench.runs.live.status import LIVE

RUN, ANSWER = "RUN", "ANSWER"  # words of a command that are replaced
OVER = ("finished", "stopped", "crashed", "failed")
BEGUN = (*OVER, "running", "paused", "stalled")  # there may be a checkpoint
EXPORTS = (  # format, its package, in which states
    ("csv", "", BEGUN),
    ("json", "", BEGUN),
    ("safetensors", "safetensors", OVER),
    ("onnx", "onnx", OVER),
    ("torch-export", "", OVER),
    ("tensorboard", "tensorboard", BEGUN),
    ("wandb", "wandb", BEGUN),
    ("mlflow", "mlflow", BEGUN),
)


@dataclass(frozen=True)
class RunAction:
    """An action on a run.

    ``command`` are the words after ``workbench``; an action of the screen's own has its name there
    and ``by_screen``. With ``asks`` the answer takes the place of ``ANSWER``.
    """

    name: str
    title: str
    command: tuple[str, ...]
    states: tuple[str, ...] = ()  # () for every one
    asks: str = ""
    example: str = ""
    by_screen: bool = False

    def offered(self, status: str) -> bool:
        """Whether it can be done with a run of this status."""
        return not self.states or status in self.states

    def words(self, run: str, answer: str = "") -> list[str]:
        """The command's words for a run; an answer of several words becomes several."""
        found: list[str] = []
        for word in self.command:
            several = word == ANSWER and self.name == "predict"
            found += (
                shlex.split(answer) if several else [{RUN: run, ANSWER: answer}.get(word, word)]
            )
        return found

    def line(self, run: str) -> str:
        """The command line that does the same; "" where there is none."""
        if not self.command:
            return ""
        words = [self.example if word == ANSWER else word for word in self.words(run, ANSWER)]
        return shlex.join(["workbench", *words])


def actions(status: str, places: tuple[str, ...] = ()) -> list[RunAction]:
    """The actions for a run of this status; ``places`` are those beside this machine."""
    return [action for action in _all(places) if action.offered(status)]


def _all(places: tuple[str, ...]) -> Iterator[RunAction]:
    live = tuple(state for state in LIVE if state != "starting")
    yield RunAction(
        "pause", "Pause", ("pause", RUN), ("running", "stalled", "queued"), by_screen=True
    )
    yield RunAction(
        "pause",
        "Go on",
        ("resume", RUN),
        ("paused", "stopped", "crashed", "failed"),
        by_screen=True,
    )
    yield RunAction("stop", "Stop", ("stop", RUN), live, by_screen=True)
    yield RunAction("front", "Train next", ("queue", "--front", RUN), ("queued",), by_screen=True)
    for place in places:
        yield RunAction(
            f"place-{place}",
            f"Go on at {place}",
            ("resume", RUN, "--place", place),
            ("stopped", "crashed", "failed"),
        )
    yield RunAction(
        "train-on",
        "Train on, in a child",
        ("resume", RUN, "--set", ANSWER),
        OVER,
        "What is changed, KEY=VALUE",
        "train.epochs=20",
    )
    yield RunAction("edit", "Edit and train again", (), by_screen=True)
    yield RunAction("evaluate", "Evaluate on the test images", ("evaluate", RUN), OVER)
    yield RunAction(
        "evaluate-best", "Evaluate the best weights", ("evaluate", RUN, "--weights", "best"), OVER
    )
    yield RunAction(
        "evaluate-validation",
        "Evaluate on the validation images",
        ("evaluate", RUN, "--split", "validation"),
        OVER,
    )
    yield RunAction(
        "evaluate-crops",
        "Evaluate at several crops",
        ("evaluate", RUN, "--crop", ANSWER),
        OVER,
        "Crops A:B:STEP in px",
        "24:40:4",
    )
    yield RunAction(
        "predict",
        "Predict images",
        ("predict", RUN, ANSWER, "--no-show"),
        OVER,
        "Files or folders",
        "photo.jpg",
    )
    yield RunAction("replay", "Replay and verify", ("replay", RUN, "--verify"), ("finished",))
    yield RunAction("diagnose", "Diagnose", ("diagnose", RUN), BEGUN)
    yield RunAction("report", "Report as HTML", ("report", RUN, "--format", "html"), BEGUN)
    yield RunAction(
        "report-markdown", "Report as Markdown", ("report", RUN, "--format", "markdown"), BEGUN
    )
    for layout, package, states in EXPORTS:
        if not package or find_spec(package):
            yield RunAction(
                f"export-{layout}",
                f"Export as {layout}",
                ("export", RUN, "--format", layout),
                states,
            )
    yield RunAction("note", "Note", ("tag", RUN, "--note", ANSWER), (), "A note", "worth a look")
    yield RunAction("archive", "Archive", ("archive", RUN), OVER)  # fmt: skip
