"""Runs chosen by Optuna: points by the results so far, poor runs ended early.

The study's journal is in the sweep's folder and survives a kill: a trial without a run folder is
prepared again from its recorded values, one whose run has ended is reported. Needs the package
optuna (the extra ``search``).
"""

import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from workbench.errors import RequestError
from workbench.runs.history.run_info import RunInfo
from workbench.runs.history.state import RunState
from workbench.runs.library.columns import RESULTS, result_of
from workbench.sweeps.config import Choice, Range, Search, SweepConfig
from workbench.sweeps.folder import SweepFolder
from workbench.sweeps.plan import PlannedRun, planned, significant

JOURNAL = "optuna.journal"


class OptunaSearch:
    """A source of runs whose points come from an Optuna study."""

    def __init__(self, sweep: SweepConfig, folder: SweepFolder, salt: int = 0) -> None:
        """``salt`` makes the draws of coordinators differ that share the search."""
        assert sweep.search is not None
        self.sweep, self.search, self.name = sweep, sweep.search, folder.name
        planned(sweep, folder.name, "search", _any_point(self.search))  # are the keys right?
        self.study = _open_study(sweep, self.search, folder, salt)
        self._queue: list[Any] = []  # trials that have not been given yet
        self._trials: dict[str, Any] = {}  # run id → FrozenTrial or Trial
        self._discover()

    @property
    def total(self) -> int:
        """The number of trials."""
        most = self.sweep.budget.runs
        return min(self.search.trials, most) if most else self.search.trials

    def known(self) -> Sequence[PlannedRun]:
        """The trials so far."""
        return [self._run(trial) for trial in self._trials.values()]

    def next(self) -> PlannedRun | None:
        """An earlier trial that has not been given yet, else a new one."""
        self._discover()
        if self._queue:
            return self._run(self._queue.pop(0))
        if len(self._trials) >= self.total:
            return None
        space = {key: _distribution(choice) for key, choice in self.search.keys.items()}
        trial = self.study.ask(space)
        if trial.number >= self.total:  # others have asked for the last ones this very moment
            self.study.tell(trial, state=_trial_state().FAIL)
            return self.next()
        run = self._run(trial)
        self._trials[run.id] = trial
        return run

    def _discover(self) -> None:
        """Take in trials of an earlier coordinator, and of others that share the search."""
        for trial in self.study.get_trials(deepcopy=False)[: self.total]:
            if trial.params.keys() != self.search.keys.keys():  # it is being asked for
                continue
            run = self._run(trial)
            if run.id not in self._trials:
                self._trials[run.id] = trial
                self._queue.append(trial)

    def ended(self, run: PlannedRun, info: RunInfo) -> None:
        """Report a trial's result to the study, once."""
        from optuna.exceptions import UpdateFinishedTrialError

        number, states = self._trials[run.id].number, _trial_state()
        value = result_of(info.record, self.sweep.table.metric)
        told: dict[str, Any] = {}
        if info.status.name == "finished" and value is not None:
            told = {"values": value}
        elif self.gave_up(run):
            told = {"state": states.PRUNED}
        elif info.status.name != "stopped":
            told = {"state": states.FAIL}
        if told:
            with suppress(UpdateFinishedTrialError):  # another coordinator does so this moment
                self.study.tell(number, **told, skip_if_finished=True)

    def is_hopeless(self, run: PlannedRun, state: RunState) -> bool:
        """Report a live run's validation accuracies; whether the pruner wants to end it."""
        if self.search.pruner == "none" or self.gave_up(run):
            return False
        trial = self._live_trial(run)
        minimised = RESULTS[self.sweep.table.metric].higher_is_better is False
        column = "val_loss" if minimised else "val_accuracy"
        for row in state.epoch_rows:
            if column in row and "epoch" in row:
                with warnings.catch_warnings():  # an earlier coordinator may have reported it
                    warnings.simplefilter("ignore")
                    trial.report(row[column], int(row["epoch"]))
        if not (state.epoch_rows and trial.should_prune()):
            return False
        trial.set_user_attr("pruned", True)
        return True

    def gave_up(self, run: PlannedRun) -> bool:
        """Whether the pruner ended the run."""
        return bool(self._recorded(run).user_attrs.get("pruned"))

    def _recorded(self, run: PlannedRun) -> Any:
        """The trial as the journal has it now, whoever has changed it."""
        return self.study.get_trials(deepcopy=False)[self._trials[run.id].number]

    def _live_trial(self, run: PlannedRun) -> Any:
        from optuna.trial import FrozenTrial, Trial

        trial = self._trials[run.id]
        if isinstance(trial, FrozenTrial):  # of an earlier coordinator
            trial = self._trials[run.id] = Trial(self.study, trial._trial_id)
        return trial

    def _run(self, trial: Any) -> PlannedRun:
        point = {
            key: _chosen(self.search.keys[key], value)
            for key, value in sorted(trial.params.items())
        }
        label = f"trial {trial.number:03d}"
        return planned(self.sweep, self.name, label, point)


def _any_point(search: Search) -> dict[str, Any]:
    """A point of the search's space, to validate its keys."""
    return {
        key: (int(choice.low) if choice.integer else choice.low)
        if isinstance(choice, Range)
        else choice[0]
        for key, choice in search.keys.items()
    }


def _trial_state() -> Any:
    from optuna.trial import TrialState

    return TrialState


def _open_study(sweep: SweepConfig, search: Search, folder: SweepFolder, salt: int) -> Any:
    try:
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend
    except ImportError:
        raise RequestError(
            "search: needs the package optuna; install workbench with the extra 'search'"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder.path.mkdir(parents=True, exist_ok=True)
    storage = JournalStorage(JournalFileBackend(str(folder.path / JOURNAL)))
    better = RESULTS[sweep.table.metric].higher_is_better
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some samplers call themselves experimental
        study = optuna.create_study(
            study_name=folder.name,
            storage=storage,
            direction="minimize" if better is False else "maximize",
            pruner=_pruner(search),
            load_if_exists=True,
        )
        # A sampler that begins anew must not draw again what it drew for the first trials.
        seed = search.seed + len(study.get_trials(deepcopy=False)) + salt
        study.sampler = _sampler(search, seed)
    return study


def _sampler(search: Search, seed: int) -> Any:
    from optuna import samplers

    kinds = {
        "tpe": samplers.TPESampler,
        "gp": samplers.GPSampler,
        "random": samplers.RandomSampler,
        "qmc": samplers.QMCSampler,
    }
    return kinds[search.sampler](seed=seed)


def _pruner(search: Search) -> Any:
    from optuna import pruners

    if search.pruner == "median":
        return pruners.MedianPruner(n_warmup_steps=search.warmup)
    if search.pruner == "halving":
        return pruners.SuccessiveHalvingPruner(min_resource=max(1, search.warmup))
    return pruners.NopPruner()


def _distribution(choice: Choice) -> Any:
    from optuna import distributions

    if not isinstance(choice, Range):
        # By its place: Optuna's journal keeps only plain values, and ours may be lists.
        return distributions.CategoricalDistribution(range(len(choice)))
    if choice.integer:
        return distributions.IntDistribution(int(choice.low), int(choice.high), log=choice.log)
    return distributions.FloatDistribution(choice.low, choice.high, log=choice.log)


def _chosen(choice: Choice, value: Any) -> Any:
    """A trial's value as the configuration wants it."""
    if not isinstance(choice, Range):
        return choice[value]
    return significant(value) if isinstance(value, float) else value
