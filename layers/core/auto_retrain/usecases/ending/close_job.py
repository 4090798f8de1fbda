"""Closes a job: stores its ending, releases its lease and notifies people; also if its execution was aborted."""

import json
from itertools import chain
from typing import Any

from ...domain.errors import EventInvalid
from ...domain.job import RetrainingJob
from ...domain.messages.ending import ClosingOutcome, ClosingRequest, ExecutionStatusChange
from ...domain.status import RetrainingStatus
from ...domain.text import encodable
from ...domain.trigger_events import parse_trigger_event
from ...domain.usage import FunctionUse
from ...ports import Ports
from .end_job import Failure, end_job, follow_up


def close_job(request: ClosingRequest | ExecutionStatusChange, ports: Ports) -> ClosingOutcome:
    """Close the job that an execution opened, if any; a closed job is not changed."""
    if isinstance(request, ExecutionStatusChange):
        detail = request.detail
        failure: Failure | None = Failure("ExecutionEnded", f"the execution was ended from outside: {detail.status}")
        _forget_waiting(detail, ports)
        job = _of_execution(detail.execution_arn, ports)
    else:
        failure = _failure_in(request.state)
        job = _with_profile(_find(request, ports), request.state)
    if job is None:
        return _outcome_without_job(failure)
    closed = job if job.status.is_terminal else end_job(job, failure, ports)
    # Even for a job that is already closed: the function may have died between closing and notifying.
    follow_up(closed, ports)
    return _outcome(closed, failure)


def _forget_waiting(detail: ExecutionStatusChange.Detail, ports: Ports) -> None:
    """Remove the trigger of an execution that died before it could act on it; nobody else ever would."""
    model = _model_in(detail.input)
    for waiting in ports.waiting.of(model) if model else ():
        if waiting.execution_arn == detail.execution_arn:
            ports.waiting.remove(waiting)


def _model_in(text: str | None) -> str | None:
    """The model that the input of an execution names, if it is one that we understand."""
    try:
        return parse_trigger_event(json.loads(text or "")).model_name
    except (ValueError, RecursionError, EventInvalid):
        return None


def _failure_in(state: dict[str, Any]) -> Failure | None:
    # An error caught in the first state replaces its input, which need not be an object that could hold it.
    error = state.get("error") or (state if "Error" in state else None)
    return Failure(error.get("Error", "Unknown"), _readable(error.get("Cause", ""))) if error else None


def _readable(cause: str) -> str:
    """The message for people, which a failed Lambda function wraps in JSON."""
    try:
        message = str(json.loads(cause)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        message = cause or "no cause was given"
    return encodable(message)


def _with_profile(job: RetrainingJob | None, state: dict[str, Any]) -> RetrainingJob | None:
    """With what profiling the data used, which is in the state of the execution because it saved no job."""
    try:
        use = FunctionUse.model_validate(state["profile"]["used"])
    except (KeyError, TypeError, ValueError):
        return job
    return job if job is None or job.status.is_terminal else job.with_function("profile_data", use)


def _find(request: ClosingRequest, ports: Ports) -> RetrainingJob | None:
    decision = request.state.get("decision") or {}
    job_id = decision.get("job_id")
    # The first state may have opened the job and died before it returned the id.
    return ports.jobs.get(job_id) if job_id else _of_execution(request.execution_arn, ports)


def _of_execution(execution_arn: str, ports: Ports) -> RetrainingJob | None:
    """The job that an execution opened, unless it has ended and that was announced."""
    jobs = chain(ports.jobs.list_active(), ports.jobs.list_unannounced())
    return next((job for job in jobs if job.execution_arn == execution_arn), None)


def _outcome_without_job(failure: Failure | None) -> ClosingOutcome:
    if failure is None:
        return ClosingOutcome(next="succeed", status=None, error="", reason="no job was opened")
    return ClosingOutcome(next="fail", status=None, error=failure.error, reason=failure.reason)


def _outcome(job: RetrainingJob, failure: Failure | None) -> ClosingOutcome:
    is_decided = job.status is RetrainingStatus.ROLLED_BACK and failure is None
    if job.status is RetrainingStatus.COMPLETED or is_decided:
        return ClosingOutcome(next="succeed", status=job.status, ending=job.ending, error="", reason=job.summary())
    error = failure.error if failure else "JobFailed"
    return ClosingOutcome(next="fail", status=job.status, ending=job.ending, error=error, reason=job.error or "")
