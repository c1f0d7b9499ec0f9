"""The sections of a sweep file: preset, varied keys, search, budget, table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import Discriminator, Field, Tag, ValidationError, model_validator

from workbench.config.errors import config_error
from workbench.config.sections.base import Section, per_item, setting
from workbench.config.toml import read_tables
from workbench.errors import ConfigError
from workbench.runs.library.columns import RESULTS, check_column

MAX_RUNS = 10_000


class Range(Section):
    """A range of numbers, sampled uniformly or log-uniformly."""

    low: float = setting(..., "Lower bound.")
    high: float = setting(..., "Upper bound.")
    log: bool = setting(False, "Draw evenly in the logarithm; for learning rates and decays.")
    integer: bool = setting(False, "Whole numbers only, both bounds included.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.low < self.high:
            raise ValueError(f"low ({self.low}) must be less than high ({self.high})")
        if self.log and self.low <= 0:
            raise ValueError("low must be greater than 0 to draw evenly in the logarithm")
        return self


def _kind_of_choice(value: Any) -> str:
    return "values" if isinstance(value, list) else "range"


# A range, or values one of which is drawn.
Choice = Annotated[
    Annotated[Range, Tag("range")] | Annotated[list[Any], Tag("values")],
    Discriminator(_kind_of_choice),
]


class Variant(Section):
    """A named set of changes: one row of the result table."""

    name: str = setting(..., "What the row is called.", min_length=1, max_length=80)
    set: dict[str, Any] = Field(default_factory=dict)


class RandomPoints(Section):
    """Random points; equal seeds give equal points."""

    points: int = setting(..., "How many.", ge=1, le=MAX_RUNS)
    seed: int = setting(0, "Seed of the drawing.", ge=0)
    keys: dict[str, Choice] = Field(min_length=1)


class Search(Section):
    """A search by Optuna, which chooses each point by the results so far."""

    trials: int = setting(..., "How many runs.", ge=1, le=MAX_RUNS)
    sampler: Literal["tpe", "gp", "random", "qmc"] = setting("tpe", "Optuna's sampler.")
    pruner: Literal["none", "median", "halving"] = setting(
        "median", "Which runs are ended early, by their validation accuracy of each epoch."
    )
    warmup: int = setting(1, "Epochs before a run may be pruned.", unit="epochs", ge=0)
    seed: int = setting(0, "Seed of the sampler.", ge=0)
    keys: dict[str, Choice] = Field(min_length=1)


class Budget(Section):
    """Limits of a sweep; 0: none."""

    runs: int = setting(0, "Most runs that are started.", unit="runs", ge=0)
    hours: float = setting(0.0, "Training time, all runs together.", unit="hours", ge=0)
    params: int = setting(0, "Networks with more parameters are skipped.", ge=0)


class TableSpec(Section):
    """The columns of the result table, and the metric by which rows are compared."""

    columns: list[str] = per_item(
        "Configuration keys and results; empty: what is varied, then the usual results.",
        default=[],
    )
    metric: str = setting("best_val_accuracy", "The result by which the best row is marked.")
    x: str = setting("", "The swept key against which the metric is plotted; empty: by itself.")

    @model_validator(mode="after")
    def _known(self) -> Self:
        for name in self.columns:
            check_column(name)
        if self.metric not in RESULTS:
            raise ValueError(f"metric {self.metric!r}: must be one of {', '.join(RESULTS)}")
        return self


class SweepConfig(Section):
    """A family of runs: every variant × every point × every seed."""

    title: str = setting("", "One line.", max_length=200)
    description: str = setting("", "What is compared, and what the study found.")
    preset: str = setting(..., "The preset, or a TOML file, that every run starts from.")
    set: dict[str, Any] = Field(default_factory=dict)
    variants: list[Variant] = Field(default_factory=list)
    grid: dict[str, list[Any]] = Field(default_factory=dict)
    random: RandomPoints | None = None
    search: Search | None = None
    seeds: list[int] = per_item("Each point is trained with each of these seeds.", default=[])
    folds: int = setting(
        0,
        "Each point is trained on each of so many folds of the training images; 0: none.",
        ge=0,
        le=100,
    )
    jobs: int = setting(1, "Runs at a time on each device.", ge=1, le=4096)
    devices: list[str] = per_item("Where runs train; one entry a device.", default=["auto"])
    budget: Budget = Field(default_factory=Budget)
    table: TableSpec = Field(default_factory=TableSpec)

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.search and (self.grid or self.random or self.variants or len(self.seeds) > 1):
            raise ValueError("a search stands alone: leave out grid, random, variants and seeds")
        if self.folds == 1 or (self.search and self.folds):
            raise ValueError("folds must be 0 or at least 2, and 0 with a search")
        points = self.random or self.search
        drawn = points.keys if points else {}
        empty = [key for key, values in {**self.grid, **drawn}.items() if values == []]
        if empty:
            raise ValueError(f"{empty[0]} has no values")
        names = [variant.name for variant in self.variants]
        if len(set(names)) < len(names):
            raise ValueError("two variants have the same name")
        if not self.devices:
            raise ValueError("devices is empty; leave it out for auto")
        return self

    @property
    def varied(self) -> list[str]:
        """The keys varied by grid, random points or search, in the file's order."""
        points = self.random or self.search
        return [*self.grid, *(points.keys if points else {})]


def read_sweep(path: Path, changes: Mapping[str, Any] | None = None) -> SweepConfig:
    """Read a sweep file; ``changes`` apply to every run, over the file's own ``set``."""
    tables = read_tables(path)
    if "preset" not in tables and "model" in tables:
        raise ConfigError({"preset": "is missing; this is a run's configuration"}, str(path))
    sweep = build_sweep(tables, changes, str(path))
    beside = path.parent / sweep.preset
    if sweep.preset.endswith(".toml") and beside.is_file():  # wherever it is started from
        sweep = sweep.model_copy(update={"preset": str(beside.absolute())})
    return sweep


def build_sweep(
    tables: Mapping[str, Any], changes: Mapping[str, Any] | None = None, source: str = ""
) -> SweepConfig:
    """Validate the tables of a sweep; raises :class:`ConfigError` with every wrong key."""
    tidy = {
        key: _dotted(value) if key in ("set", "grid") else value for key, value in tables.items()
    }
    for name in ("random", "search"):
        if isinstance(tidy.get(name), Mapping):
            tidy[name] = {**tidy[name], "keys": _dotted(tidy[name].get("keys"))}
    if isinstance(tidy.get("variants"), list):
        tidy["variants"] = [
            {**entry, "set": _dotted(entry.get("set", {}))} if isinstance(entry, Mapping) else entry
            for entry in tidy["variants"]
        ]
    if changes:
        own = tidy.get("set", {})
        tidy["set"] = {**own, **changes} if isinstance(own, Mapping) else own
    try:
        return SweepConfig.model_validate(tidy)
    except ValidationError as found:
        raise config_error(found, SweepConfig, source) from None


def sweep_toml(sweep: SweepConfig) -> str:
    """The sweep as TOML; reading it back gives an equal one."""
    return tomli_w.dumps(sweep.model_dump(exclude_none=True))


def _dotted(value: Any) -> Any:
    """``{optimizer: {lr: x}}`` (an unquoted TOML key) and ``{"optimizer.lr": x}`` alike."""
    if not isinstance(value, Mapping):
        return value
    flat: dict[str, Any] = {}
    for key, item in value.items():
        if "." not in key and isinstance(item, Mapping):
            flat |= {f"{key}.{name}": inner for name, inner in item.items()}
        else:
            flat[key] = item
    return flat
