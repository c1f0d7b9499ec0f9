"""The filter of the run list: ``status:finished acc>0.9 optimizer.kind=adam resnet``.

Terms are separated by spaces and must all match. A bare word is searched in the
run's id, preset and changes; ``-word`` must not be there. ``name:value`` holds where
the value contains the text, ``=``, ``!=``, ``>``, ``>=``, ``<``, ``<=`` compare.
Names are the columns of the list or dotted keys of the configuration. Numbers may
end in ``%``, ``k``, ``M`` or ``G``; text with spaces goes into double quotes.
"""

import difflib
import operator
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from workbench.errors import RequestError

TERM = re.compile(
    r"(?P<no>-)?(?:(?P<name>[A-Za-z_][\w.]*)(?P<op>>=|<=|!=|[:=<>]))?(?P<value>.*)", re.S
)
PART = re.compile(r'(?:"[^"]*"|[^\s"])+')
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
UNITS = {"%": 0.01, "k": 1e3, "M": 1e6, "G": 1e9, "": 1.0}
ALIASES = {
    "acc": "val",
    "accuracy": "val",
    "best": "val",
    "seconds": "time",
    "img/s": "speed",
    "lr": "optimizer.lr",
    "wd": "optimizer.weight_decay",
    "optimizer": "optimizer.kind",
    "schedule": "schedule.kind",
    "model": "model.kind",
    "data": "data.name",
    "batch": "train.batch_size",
    "seed": "train.seed",
    "tag": "tags",
}
NAMES = (
    "id", "status", "preset", "changes", "val", "test", "top3", "params", "macs", "speed",
    "time", "started", "epoch", "device", "tags", "star", "note", "sweep",
    "root",
)  # fmt: skip
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
Lookup = Callable[[str], Any]
WORDS = "words"


@dataclass(frozen=True)
class Term:
    """One condition; ``name`` is empty for a bare word."""

    name: str
    op: str
    value: str
    negated: bool = False

    def holds(self, lookup: Lookup) -> bool:
        """Whether a value matches; None (the run lacks it) does not."""
        if not self.name:
            return (self.value.lower() in lookup(WORDS)) != self.negated
        return _compare(lookup(self.name), self.op, self.value) != self.negated


@dataclass(frozen=True)
class Query:
    """All the terms of a filter."""

    terms: tuple[Term, ...] = ()

    def matches(self, lookup: Lookup) -> bool:
        """Whether every term matches.

        ``lookup`` gives the value of a name, None for one that the run lacks, and for
        ``WORDS`` the lower-case text in which bare words are searched.
        """
        return all(term.holds(lookup) for term in self.terms)

    @property
    def names(self) -> set[str]:
        """The names that the terms use."""
        return {term.name for term in self.terms if term.name}


def parse_query(text: str, known: Collection[str] | None = None) -> Query:
    """Parse a filter; ``known`` has the dotted keys of all runs.

    Raises :class:`RequestError` for a name that is neither a column nor such a key.
    """
    terms = []
    for part in PART.findall(text):
        found = TERM.fullmatch(part)
        if found is None:
            continue
        name, value = found["name"] or "", found["value"].replace('"', "")
        if not name and not value:
            continue
        terms.append(Term(_name(name, known), found["op"] or "", value, bool(found["no"])))
    return Query(tuple(terms))


def _name(name: str, known: Collection[str] | None) -> str:
    lowered = name.lower()
    given = ALIASES.get(lowered, lowered)
    if not given or given in NAMES or (known is None and "." in given):
        return given
    keys = list(known or ())
    if given in keys:
        return given
    ends = [key for key in keys if key.rpartition(".")[2] == given]
    if ends:
        return ends[0]
    near = difflib.get_close_matches(given, [*NAMES, *ALIASES, *keys], n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"columns are {', '.join(NAMES)}"
    raise RequestError(f"filter: no column or key {name!r}; {hint}")


def _compare(have: Any, op: str, text: str) -> bool:
    if have is None:
        return False
    if op == ":":
        return text.lower() in _text(have)
    wanted = _number(text)
    if isinstance(have, int | float) and not isinstance(have, bool) and wanted is not None:
        return COMPARE[op](have, wanted)
    return COMPARE[op](_text(have), text.lower())


def _number(text: str) -> float | None:
    unit = text[-1:] if text[-1:] in ("%", "k", "M", "G") else ""
    digits = text[: len(text) - len(unit)]
    return float(digits) * UNITS[unit] if NUMBER.fullmatch(digits) else None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "-".join(str(item) for item in value)
    return str(value).lower()
