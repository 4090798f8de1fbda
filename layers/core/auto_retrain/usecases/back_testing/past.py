"""What happened to a model in a time: what served, who asked for retrainings, and how they ended."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ...domain.asked_retraining import AskedRetraining
from ...domain.deployment_ledger import LedgerLine
from ...domain.ending import Ending
from ...domain.job import RetrainingJob
from ...domain.model_state import ModelState, RejectedJob, with_attempt
from ...domain.trigger_type import TriggerType
from ...ports import Ports
from ..ending.end_job import answers_schedule, counts_as_rejected, rejected_job
from ..lookup import champion_lines

# A job that would have been started is taken for one that was, if that began at most so long before or after.
_SAME = timedelta(days=1)
# Challengers that were not promoted count until one is, however long ago they were.
_BEFORE = timedelta(days=400)


class Failure(NamedTuple):
    """A job whose version was taken back after its promotion, and how many in a row that was."""

    trigger: TriggerType
    job: RejectedJob
    in_a_row: int


# By the numbers of the lines that took a version back.
Failures = Mapping[int, Failure]


class Past(NamedTuple):
    """The jobs of a model, and the lines that put a champion there, both oldest first; `state` is that before them."""

    jobs: Sequence[RetrainingJob]
    champions: Sequence[LedgerLine]
    failures: Failures
    state: ModelState

    def job_like(self, trigger: TriggerType, at: datetime) -> RetrainingJob | None:
        """The job that was started for the same reason at about the same time, if there was one."""
        alike = [job for job in self.jobs if job.trigger_type is trigger and abs(job.event_time - at) <= _SAME]
        return min(alike, key=lambda job: abs(job.event_time - at), default=None)

    def champion_around(self, at: datetime, half: timedelta) -> LedgerLine | None:
        """The line whose version the metric of a window around a moment is about."""
        return self.champion_at(at - half)

    def champion_at(self, at: datetime) -> LedgerLine | None:
        """The line whose version served."""
        return next((line for line in reversed(self.champions) if line.deployed_at <= at), None)


def past_of(model_name: str, start: datetime, ports: Ports) -> Past:
    """What is recorded of a model since `start`, and its state as it was then, as far as its jobs tell."""
    jobs = sorted(ports.jobs.list_of_model(model_name, start - _BEFORE), key=lambda job: job.event_time)
    champions = champion_lines(model_name, ports)[::-1]
    before = [job for job in jobs if job.event_time < start]
    failures = _failures(jobs, champions)
    state = _state_before(model_name, start, before, champions, failures, ports)
    return Past([job for job in jobs if job.event_time >= start], champions, failures, state)


def asked_in(jobs: Iterable[RetrainingJob]) -> Iterator[tuple[RetrainingJob, AskedRetraining]]:
    """The jobs that a person asked for, and what was asked, without parameters."""
    for job in jobs:
        if job.trigger_type is TriggerType.MANUAL:
            yield job, AskedRetraining(at=job.event_time, actor=job.actor or "unknown", reason=job.request_reason)


def _failures(jobs: Sequence[RetrainingJob], champions: Sequence[LedgerLine]) -> Failures:
    taken_back = {job.challenger_version: job for job in jobs if job.taken_back_at}
    failures, in_a_row = dict[int, Failure](), 0
    for line in champions:
        job = taken_back.get(line.previous_version) if line.change == "rolled_back" else None
        if job:
            in_a_row += 1
            failures[line.sequence] = Failure(job.trigger_type, RejectedJob(job_id=job.job_id, at=line.since), in_a_row)
        elif line.change == "promoted" and (line.watched_until is None or line.version.number not in taken_back):
            in_a_row = 0
    return failures


def _state_before(
    model_name: str,
    start: datetime,
    jobs: Sequence[RetrainingJob],
    champions: Sequence[LedgerLine],
    failures: Failures,
    ports: Ports,
) -> ModelState:
    """Attempts, rejections and the last retraining, as the jobs before left them."""
    began = next((line.since for line in reversed(champions) if line.since < start), None)
    state = ModelState(model_name=model_name, costs=ports.states.get(model_name).costs, last_retrained_at=began)
    failed = {failure.job.job_id: failure for failure in failures.values() if failure.job.at < start}
    for job in jobs:
        state = state.changed(attempts=with_attempt(state.attempts, job.event_time))
        if job.ending is None or job.ending.is_retraining or answers_schedule(job, job.ending):
            state = state.changed(last_retrained_at=job.event_time)
        if job.ending is Ending.PROMOTED or job.taken_back_at:
            state = state.changed(rejections={})
            if job.job_id in failed:
                state = state.changed(rejections=state.rejections_with_failed(*failed[job.job_id]))
        elif counts_as_rejected(job, job.ending):
            rejections = state.rejections_with(job.trigger_type, rejected_job(job, job.ending))
            state = state.changed(rejections=rejections)
    return state
