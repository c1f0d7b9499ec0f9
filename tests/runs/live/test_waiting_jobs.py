"""The status of a run that a scheduler starts, from every pair of what files and scheduler say."""

from dataclasses import replace

from workbench.runs.live.waiting_jobs import job_status, may_change
from workbench.runs.places.job import JobState
from workbench.runs.places.placed import Begun, Placed

JOB = Placed("gpu", "slurm", "12", 0.0)
BEGUN = Begun("gpu", "slurm", "12", 0, ("node1",))
AGAIN = replace(BEGUN, again=True)
NEVER = ("crashed", "no worker was started")
LOST = ("crashed", "no heartbeat from node1 for 31 s")
STOPPED = ("stopped", "")


def test_before_it_has_begun() -> None:
    waits = JobState("waiting", "Resources")
    assert job_status(NEVER, JOB, None, waits) == ("queued", "Resources")
    assert job_status(NEVER, replace(JOB, held=True), None, waits) == ("paused", "Resources")
    loads = JobState("running", "", "node1")
    assert job_status(NEVER, JOB, None, loads) == ("starting", "job 12 on node1")
    silent = JobState("silent", "the scheduler does not answer")
    assert job_status(NEVER, JOB, None, silent) == ("queued", "the scheduler does not answer")


def test_it_never_begins() -> None:
    status, reason = job_status(NEVER, JOB, None, JobState("over", "FAILED, JobLaunchFailure"))
    assert status == "crashed" and "the node may not see the runs folder" in reason
    status, reason = job_status(NEVER, JOB, None, JobState("over", "CANCELLED"))
    assert (status, reason) == ("crashed", "job 12 started no worker (CANCELLED)")
    status, reason = job_status(NEVER, JOB, None, JobState("unknown"))
    assert status == "crashed" and "does not know job 12 any more" in reason
    taken_back = replace(JOB, stopped=True)
    for phase in ("over", "unknown", "ending", "silent"):
        assert job_status(NEVER, taken_back, None, JobState(phase)) == STOPPED  # type: ignore[arg-type]


def test_what_an_earlier_worker_left_does_not_count() -> None:
    earlier = replace(BEGUN, job="11")
    waits = JobState("waiting", "Priority")
    assert job_status(("failed", ""), JOB, earlier, waits) == ("queued", "Priority")
    assert job_status(STOPPED, JOB, earlier, JobState("running"))[0] == "starting"
    assert job_status(STOPPED, JOB, None, JobState("unknown"))[0] == "crashed"
    unknown_worker = replace(BEGUN, known=False)  # of several nodes, before the record
    assert job_status(STOPPED, JOB, unknown_worker, JobState("running"))[0] == "starting"


def test_told_to_end_it_is_on_its_way_back() -> None:
    for phase in ("running", "ending", "silent"):
        status, reason = job_status(STOPPED, JOB, AGAIN, JobState(phase))  # type: ignore[arg-type]
        assert status == "queued" and reason
    waits = JobState("waiting", "BeginTime", "", 1)
    assert job_status(STOPPED, JOB, AGAIN, waits) == ("queued", "BeginTime")
    loads = JobState("running", "", "node2", 1)
    assert job_status(STOPPED, JOB, AGAIN, loads) == ("starting", "job 12 on node2")


def test_a_person_s_stop_and_a_cancelled_job_are_stopped() -> None:
    for phase in ("running", "ending", "unknown", "silent"):
        assert job_status(STOPPED, JOB, BEGUN, JobState(phase)) == STOPPED  # type: ignore[arg-type]
    assert job_status(STOPPED, JOB, BEGUN, JobState("over", "COMPLETED")) == STOPPED
    cancelled = JobState("over", "CANCELLED")
    assert job_status(STOPPED, JOB, BEGUN, cancelled) == ("stopped", "job 12 ended: CANCELLED")


def test_what_was_on_its_way_back_and_never_came() -> None:
    """Cancelled while it waited, or its script failed the second time: there is a checkpoint."""
    failed = JobState("over", "FAILED, NonZeroExitCode", "", 1)
    wanted = ("stopped", "job 12 ended: FAILED, NonZeroExitCode")
    assert job_status(STOPPED, JOB, AGAIN, failed) == wanted
    assert job_status(STOPPED, JOB, AGAIN, JobState("unknown")) == STOPPED


def test_a_node_that_dies() -> None:
    assert job_status(LOST, JOB, BEGUN, JobState("running", "", "node1")) == LOST
    requeued = JobState("waiting", "BeginTime", "", 1)
    assert job_status(LOST, JOB, BEGUN, requeued) == ("queued", "BeginTime")
    anew = JobState("running", "", "node2", 1)
    assert job_status(LOST, JOB, BEGUN, anew) == ("starting", "job 12 on node2")
    ended = JobState("over", "NODE_FAIL")
    wanted = f"{LOST[1]}; job 12 ended: NODE_FAIL"
    assert job_status(LOST, JOB, BEGUN, ended) == ("crashed", wanted)
    assert job_status(LOST, JOB, BEGUN, JobState("unknown")) == LOST


def test_a_suspended_job_is_no_crash() -> None:
    status, reason = job_status(LOST, JOB, BEGUN, JobState("suspended"))
    assert status == "stalled" and "suspended" in reason


def test_what_the_scheduler_may_bring_back_is_looked_at_again() -> None:
    assert may_change(JobState("running")) and may_change(JobState("silent"))
    assert not may_change(JobState("over")) and not may_change(JobState("unknown"))
