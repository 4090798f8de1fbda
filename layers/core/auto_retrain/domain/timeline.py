"""What happened in a job, moment by moment, as far as its record and the ledger say when."""

from collections.abc import Iterator, Sequence
from typing import Literal

from .base import Record, UtcTime
from .deployment_ledger import Change, LedgerLine
from .ending import Ending
from .job import RetrainingJob

Tone = Literal["neutral", "good", "bad"]
_TONES: dict[Ending, Tone] = {Ending.PROMOTED: "good", Ending.FAILED: "bad", Ending.ROLLED_BACK: "bad"}
_TONES_OF_CHANGES: dict[Change, Tone] = {"promoted": "good", "rolled_back": "bad"}
_CHANGES: dict[Change, str] = {
    "promoted": "Became the champion",
    "rolled_back": "An earlier version serves again",
    "adopted": "Champion of somebody else",
    "weight": "Weight set",
    "mirror": "Copies set",
    "ended": "Rollout ended",
    "drill": "Drill began",
    "drill_ended": "Drill ended",
}


class Moment(Record):
    """One thing that happened, with a few words as its title and a sentence about it."""

    at: UtcTime
    title: str
    text: str
    tone: Tone = "neutral"


def timeline_of(job: RetrainingJob, lines: Sequence[LedgerLine]) -> list[Moment]:
    """The moments of a job, oldest first; `lines` are those of the ledger about its model while it ran."""
    moments = [*_before_training(job), *_judged(job), *(_served(line, job) for line in lines), *_ended(job)]
    return sorted(moments, key=lambda moment: moment.at)


def _before_training(job: RetrainingJob) -> Iterator[Moment]:
    yield Moment(at=job.event_time, title="Triggered", text=f"{job.trigger_type.value}: {job.trigger_reason}")
    forced = ", with force" if job.forced else ""
    yield Moment(at=job.created_at, title="Job opened", text=f"under policy version {job.policy_version}{forced}")
    if job.started_at:
        image = job.image.partition("@")[0] if job.image else "of the deployment"
        first = "Examination" if "check" in job.outputs else "Proxy" if "proxy" in job.outputs else "Training"
        yield Moment(at=job.started_at, title=f"{first} ordered", text=f"in the image {image}")
    if job.pending and job.pending.since != job.started_at:
        where = f"Kubernetes Job {job.pending.kubernetes_job}" if job.pending.kubernetes_job else "in a batch"
        yield Moment(at=job.pending.since, title=f"Step '{job.pending.kind}' ordered", text=where)


def _judged(job: RetrainingJob) -> Iterator[Moment]:
    result, asked, review = job.validation, job.pending_review, job.review
    if result and result.validation_timestamp:
        yield Moment(
            at=result.validation_timestamp, title=f"Validated: {result.decision.value}", text=result.first_reason
        )
    if asked:
        yield Moment(at=asked.since, title="Waits for a review", text=f"until {asked.until:%F %R} UTC")
    if review:
        title = "Approved" if review.approved else "Declined"
        yield Moment(at=review.at, title=title, text=f"by {review.actor}: {review.reason or 'no reason given'}")


def _served(line: LedgerLine, job: RetrainingJob) -> Moment:
    weight = f" to {line.weight} %" if line.change == "weight" else ""
    is_known = job.validation is not None and line.reason == job.validation.reason
    version = f"version {line.challenger or line.version.number}"
    return Moment(
        at=line.deployed_at,
        title=f"{_CHANGES[line.change]}{weight}",
        text=f"{version}, for the reasons above" if is_known else f"{version}: {line.reason}",
        tone=_TONES_OF_CHANGES.get(line.change, "neutral"),
    )


def _ended(job: RetrainingJob) -> Iterator[Moment]:
    first = Ending.PROMOTED if job.taken_back_at else job.ending
    if job.completed_at and first:
        text = "the job ended with a promotion" if job.taken_back_at else job.summary()
        title = f"Ended: {first.value.replace('_', ' ')}"
        yield Moment(at=job.completed_at, title=title, text=text, tone=_TONES.get(first, "neutral"))
    if job.taken_back_at:
        yield Moment(at=job.taken_back_at, title="Taken back", text=job.error or job.summary(), tone="bad")
