"""The results in a record, with titles, units and text, for tables of runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from workbench.config import RunConfig
from workbench.formatting.text import NOTHING, count, duration

LARGEST = 1e18  # beyond it nothing is a result of ours, and no column could show it
Kind = Literal["share", "count", "seconds", "number"]


@dataclass(frozen=True)
class Result:
    """One result: its place in the record, title, kind and whether higher is better."""

    title: str
    section: str
    kind: Kind
    higher_is_better: bool | None  # None where neither is


RESULTS: dict[str, Result] = {
    "params": Result("parameters", "result", "count", None),
    "macs": Result("MACs", "result", "count", None),
    "best_val_accuracy": Result("best validation", "result", "share", True),
    "final_val_accuracy": Result("final validation", "result", "share", True),
    "final_val_loss": Result("validation loss", "result", "number", False),
    "final_train_loss": Result("training loss", "result", "number", False),
    "test_accuracy": Result("test top-1", "result", "share", True),
    "test_top3_accuracy": Result("test top-3", "result", "share", True),
    "test_balanced_accuracy": Result("test balanced", "result", "share", True),
    "test_loss": Result("test loss", "result", "number", False),
    "best_epoch": Result("best epoch", "result", "count", None),
    "seconds_per_epoch": Result("s/epoch", "result", "number", False),
    "images_per_second": Result("images/s", "result", "number", True),
    "seconds": Result("time", "run", "seconds", False),
}


def check_column(name: str) -> None:
    """Raise ValueError for a name that is neither a result nor a configuration key's."""
    if name in RESULTS:
        return
    section, dot, key = name.partition(".")
    if not (dot and key and section in RunConfig.model_fields):
        raise ValueError(
            f"no column {name!r}; there are configuration keys (optimizer.lr) and "
            f"{', '.join(RESULTS)}"
        )


def title(name: str) -> str:
    """The heading of a column: ``test top-1``, or the last part of a configuration key."""
    return RESULTS[name].title if name in RESULTS else name.rpartition(".")[2].replace("_", " ")


def result_of(record: Mapping[str, Any], name: str) -> float | None:
    """A result from a record; None where it is missing or no number."""
    value = record.get(RESULTS[name].section, {}).get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_number = is_number and abs(value) < LARGEST  # false for what is no number too
    if name == "seconds" and value == 0:
        return None  # a run that has just begun: not the fastest of all
    return value if is_number else None


def result_text(name: str, value: Any) -> str:
    """A result as text with its unit."""
    if value is None:
        return NOTHING
    match RESULTS[name].kind:
        case "share":
            return f"{value:.2%}"
        case "seconds":
            return duration(value)
        case "count":
            return count(round(value))
        case _:
            return f"{value:,.4g}"
