"""How the training of a run ended, in this process."""

import logging
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from workbench.errors import WorkbenchError

log = logging.getLogger("workbench")


@dataclass(frozen=True)
class Outcome:
    """The status that a worker ends with, and kind and message of the error if it failed."""

    status: str  # finished, stopped, paused, failed or crashed
    error: dict[str, str] | None = None


def outcome_of(train: Callable[[], None]) -> Outcome:
    """Train; every error becomes an outcome, and is logged."""
    # Imported here, so that the seconds it takes are already watched.
    from workbench.training.loop.trainer import StopTraining

    try:
        train()
    except StopTraining as stop:
        return Outcome(stop.status)
    except WorkbenchError as failure:
        log.error("%s", failure)
        return _failed(failure, str(failure))
    except OSError as failure:
        log.error("%s", traceback.format_exc())
        where = f"{failure.filename}: " if failure.filename else ""
        return _failed(failure, f"{where}{failure.strerror or failure}")
    except Exception as failure:  # noqa: BLE001 (the record must say what ended the run)
        log.error("%s", traceback.format_exc())
        return Outcome("failed", _unexpected(failure))
    return Outcome("finished")


def _failed(failure: Exception, message: str) -> Outcome:
    return Outcome("failed", {"kind": type(failure).__name__, "message": message})


def _unexpected(failure: Exception) -> dict[str, str]:
    lines = traceback.format_exception_only(failure)
    return {
        "kind": type(failure).__name__,
        "message": lines[-1].strip().splitlines()[0][:1000],
        "traceback": "".join(traceback.format_exception(failure))[-8000:],
    }
