"""The status of a run that a scheduler starts: what its files say, and what the scheduler says."""

from workbench.runs.places.job import JobState
from workbench.runs.places.placed import Begun, Placed

Words = tuple[str, str]  # status and reason


def job_status(files: Words, placed: Placed, begun: Begun | None, job: JobState) -> Words:
    """Status and reason of a run none of whose workers lives.

    ``files`` are those by record and process. A job has ``begun`` once it has started the run's
    worker; what the files say before that is of an earlier worker, or of nobody.
    """
    of_job = begun if began(placed, begun) else None
    has_begun = of_job is not None
    restarted = of_job is not None and job.restarts > of_job.restarts
    again = of_job is not None and of_job.again
    if job.phase == "waiting":
        return ("paused" if placed.held else "queued", job.reason)
    if placed.stopped:
        return "stopped", ""
    if job.phase == "suspended":
        return "stalled", f"job {placed.job} is suspended by the scheduler"
    if has_begun and not again and not restarted:
        return _with_end(files, placed, job)
    if job.phase == "running" and (restarted or not has_begun):
        return "starting", f"job {placed.job} on {job.nodes}" if job.nodes else ""
    if job.phase in ("running", "ending", "silent"):
        return "queued", job.reason or "between two starts of its job"
    return _with_end(files, placed, job) if has_begun else ("crashed", _why_never(placed, job))


def began(placed: Placed, begun: Begun | None) -> bool:
    """Whether the job has started a worker whose record tells of itself."""
    return begun is not None and begun.job == placed.job and begun.known


def may_change(job: JobState) -> bool:
    """Whether a job that is not live now may be so again without a change of the run's files."""
    return job.phase in ("waiting", "running", "suspended", "ending", "silent")


def _with_end(files: Words, placed: Placed, job: JobState) -> Words:
    """An end with what the job came to (TIMEOUT, OUT_OF_MEMORY, …), while that is known."""
    status, reason = files
    if job.phase == "over" and not job.reason.startswith("COMPLETED"):
        ended = f"job {placed.job} ended: {job.reason}"
        reason = f"{reason}; {ended}" if reason else ended
    return status, reason


def _why_never(placed: Placed, job: JobState) -> str:
    if job.phase == "unknown":
        return f"the scheduler does not know job {placed.job} any more; it started no worker"
    hint = ": the node may not see the runs folder" if "JobLaunchFailure" in job.reason else ""
    return f"job {placed.job} started no worker ({job.reason}{hint})"
