"""`auto-retrain follow` and `logs`: what a job does while it runs, and what its pods say."""

import time
from collections.abc import Iterator
from typing import Annotated

import typer

from ..domain.cluster import suspension_of
from ..domain.ending import Ending
from ..domain.errors import AutoRetrainError
from ..domain.job import RetrainingJob
from ..domain.status import RetrainingStatus
from ..ports import Ports
from ..usecases.lookup import job_of, job_or_newest
from ..usecases.reporting.job_logs import job_logs, pods_of
from .arguments import JobOrModel, Json, number_up_to, ports_of
from .commands import Commands
from .printing import moment, outcome_of, plain, print_json

FOLLOW_SECONDS = 3.0
LOG_LINES = 100
# A script may want to know more than whether the job ended: 0 is a promotion, 1 a failure.
NOT_PROMOTED = 3
_CODES = {Ending.PROMOTED: 0, Ending.FAILED: 1, Ending.ROLLED_BACK: 1}

commands = Commands()


@commands.add("logs", "logs churn-0123456789 --lines 20")
def logs(
    context: typer.Context,
    job: JobOrModel,
    lines: Annotated[
        int, typer.Option("--lines", metavar="N", parser=number_up_to(1000), help="how many lines of each log")
    ] = LOG_LINES,
    as_json: Json = False,
) -> None:
    """Show the end of the logs of a job's pods, as long as the cluster has them; after that, as they were kept when the
    steps of the job ended."""
    ports = ports_of(context)
    record = job_or_newest(job, ports)
    found = job_logs(record, lines, ports)
    if as_json:
        print_json([log._asdict() for log in found])
    elif not found:
        print(f"{record.job_id}: no log yet; none of its pods has begun")
    for log in found if not as_json else ():
        print(plain(f"== {log.source}"))
        for line in log.text.splitlines():
            print(plain(line))


@commands.add("follow", "follow churn-0123456789")
def follow(context: typer.Context, job: JobOrModel) -> int:
    """Show what a job does until it has ended: its status, its pod, and the log of that. Exits with 0 if its challenger
    was promoted, 1 if it failed or was taken back, and 3 if it ended otherwise."""
    ports = ports_of(context)
    job_id = job_or_newest(job, ports).job_id
    said: list[str] = []
    logged: list[str] = []
    while True:
        record = job_of(job_id, ports)
        state, log = [*_state(record, ports)], list[str]()
        if _has_a_step(record):
            _add_pod(record, state, log, ports)
        for line in (*(each for each in state if each not in said), *_after(logged, log)):
            print(plain(line), flush=True)
        said, logged = state, log or logged
        if record.ending:
            print(plain(f"{outcome_of(record)}: {record.summary()}"))
            return _CODES.get(record.ending, NOT_PROMOTED)
        time.sleep(FOLLOW_SECONDS)


def _state(job: RetrainingJob, ports: Ports) -> Iterator[str]:
    """Where a job is at this moment, a line for each thing that can change."""
    yield f"{job.job_id}: {job.status.value}{_step(job)}"
    if job.review_until:
        yield f"  waits for a review until {moment(job.review_until)}: 'auto-retrain approve {job.job_id}'"
    rollout = ports.ledger.serving(job.model_name).rollout
    if rollout and rollout.job_id == job.job_id:
        yield f"  version {rollout.challenger.number} gets {rollout.weight} %, step {rollout.step + 1}"


def _has_a_step(job: RetrainingJob) -> bool:
    """Whether its pods matter; the record keeps the last step until the job has ended."""
    return job.pending is not None and job.status in (RetrainingStatus.RUNNING, RetrainingStatus.VALIDATION)


def _step(job: RetrainingJob) -> str:
    if job.pending is None or not _has_a_step(job):
        return ""
    place = job.pending.kubernetes_job or "waits for a batch"
    return f", step {job.pending.kind} ({place})"


def _add_pod(job: RetrainingJob, state: list[str], log: list[str], ports: Ports) -> None:
    """Add how the newest pod of a job is, what keeps it, and the end of its log."""
    try:
        own = pods_of(job, ports)[-1:]
        obstacles = ports.cluster.obstacles(own)
        logs = job_logs(job, LOG_LINES, ports)[-1:] if own else []
    except AutoRetrainError as error:
        # The record of the job goes on to tell how it ends.
        state.append(f"  the cluster cannot be asked: {error}")
        return
    for kubernetes_job in own:
        kept = suspension_of(kubernetes_job)
        obstacle = obstacles.get(kubernetes_job.name)
        reason = kept or (obstacle.reason if obstacle else None)
        state.append(f"  pod {kubernetes_job.phase.value}{f': {reason}' if reason else ''}")
    log += [f"  | {line}" for each in logs for line in each.text.splitlines()]


def _after(before: list[str], now: list[str]) -> list[str]:
    """The lines of a log that are new: those after the part that both ends of it have in common."""
    shared = (count for count in range(min(len(before), len(now)), 0, -1) if before[-count:] == now[:count])
    return now[next(shared, 0) :]
