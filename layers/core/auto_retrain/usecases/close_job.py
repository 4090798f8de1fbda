"""Ends a job: terminal status, lease given back, people told; also when its execution was ended from outside."""

import json
from typing import Any, Literal, NamedTuple

from ..domain.job import RetrainingJob, RetrainingStatus
from ..domain.messages import ClosingOutcome, ClosingRequest, ExecutionStatusChange
from ..domain.validation import Decision
from ..ports import Ports
from .announcing import announce


class _Failure(NamedTuple):
    error: str
    reason: str


def close_job(request: ClosingRequest | ExecutionStatusChange, ports: Ports) -> ClosingOutcome:
    """Close the job that an execution opened, if it opened one; a job that is closed already stays as it is."""
    if isinstance(request, ExecutionStatusChange):
        detail = request.detail
        failure: _Failure | None = _Failure("ExecutionEnded", f"the execution was ended from outside: {detail.status}")
        job = _find_active(detail.execution_arn, ports)
    else:
        failure = _failure_in(request.state)
        job = _find(request, ports)
    if job is None:
        return _outcome_without_job(failure)
    closed = job if job.status.is_terminal else _close(job, failure, ports)
    # Also for a job that was closed before: the process may have ended between closing and telling.
    announce(_event_kind(closed), _sentence(closed), closed, ports)
    return _outcome(closed, failure)


def _failure_in(state: dict[str, Any]) -> _Failure | None:
    error = state.get("error")
    return _Failure(error.get("Error", "Unknown"), _readable(error.get("Cause", ""))) if error else None


def _readable(cause: str) -> str:
    """A Lambda function's failure is JSON around the message; people need the message."""
    try:
        return str(json.loads(cause)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return cause or "no cause was given"


def _find(request: ClosingRequest, ports: Ports) -> RetrainingJob | None:
    decision = request.state.get("decision") or {}
    job_id = decision.get("job_id")
    # The first state may have opened the job and died before it could say so.
    return ports.jobs.get(job_id) if job_id else _find_active(request.execution_arn, ports)


def _find_active(execution_arn: str, ports: Ports) -> RetrainingJob | None:
    return next((job for job in ports.jobs.list_active() if job.execution_arn == execution_arn), None)


def _close(job: RetrainingJob, failure: _Failure | None, ports: Ports) -> RetrainingJob:
    now = ports.clock.now()
    if job.deployed or (failure is None and _ended_with_a_no(job)):
        completed = job.moved_to(RetrainingStatus.COMPLETED, completed_at=now, pending=None)
        return ports.jobs.close_job(completed, retrained=True)
    failure = failure or _Failure("Unfinished", "the execution ended before the challenger was deployed")
    error = f"{failure.error}: {failure.reason}"
    failed = job.moved_to(RetrainingStatus.FAILED, completed_at=now, pending=None, error=error)
    return ports.jobs.close_job(failed, retrained=False)


def _ended_with_a_no(job: RetrainingJob) -> bool:
    return job.validation is not None and not job.validation.is_valid


def _outcome_without_job(failure: _Failure | None) -> ClosingOutcome:
    if failure is None:
        return ClosingOutcome(next="succeed", status=None, error="", reason="no job was opened")
    return ClosingOutcome(next="fail", status=None, error=failure.error, reason=failure.reason)


def _outcome(job: RetrainingJob, failure: _Failure | None) -> ClosingOutcome:
    if job.status is RetrainingStatus.COMPLETED:
        return ClosingOutcome(next="succeed", status=job.status, error="", reason=_sentence(job))
    error = failure.error if failure else "JobFailed"
    return ClosingOutcome(next="fail", status=job.status, error=error, reason=job.error or "")


def _event_kind(job: RetrainingJob) -> Literal["deployed", "rejected", "inconclusive", "failed"]:
    if job.deployed:
        return "deployed"
    if job.status is not RetrainingStatus.COMPLETED or job.validation is None:
        return "failed"
    return "rejected" if job.validation.decision is Decision.REJECT else "inconclusive"


def _sentence(job: RetrainingJob) -> str:
    what = f"{job.model_name} version {job.challenger_version}"
    if job.deployed:
        return f"{what} serves now; before: {job.champion_version or 'none'}"
    if job.status is not RetrainingStatus.COMPLETED or job.validation is None:
        return f"Retraining {job.model_name} failed: {job.error}"
    return f"{what} was not deployed ({job.validation.decision.value}): {job.validation.reason}"
