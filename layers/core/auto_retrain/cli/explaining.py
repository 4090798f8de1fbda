"""`auto-retrain explain`: in three lines what became of a job, or why a decision opened none."""

from typing import Annotated, NamedTuple

import typer

from ..domain.decision_record import DecisionRecord
from ..domain.job import RetrainingJob
from ..ports import Ports
from ..usecases.decide_rollout import outlook_of
from ..usecases.lookup import named_record
from .arguments import Json, Name, ports_of
from .commands import Commands
from .next_steps import next_step
from .printing import moment, print_below, print_json
from .reviews import print_data_check, print_metrics, standing_of
from .why import print_verdicts

commands = Commands()


class Explanation(NamedTuple):
    """How something ended or stands, what happened, what decided that, and what to do next."""

    job_id: str | None
    outcome: str
    what: str
    why: str
    next: str


@commands.add("explain", "explain churn-0123456789 --all")
def explain(
    context: typer.Context,
    name: Name,
    with_all: Annotated[
        bool, typer.Option("--all", help="also show the data, every metric and every gate, or every trigger")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show in three lines why the challenger of a job was or was not promoted, or why a decision opened no job: what
    happened, what decided it, and what to look at next."""
    ports = ports_of(context)
    record = named_record(name, ports)
    explanation = _of_job(record, ports) if isinstance(record, RetrainingJob) else _of_decision(record)
    if as_json:
        print_json({"name": name, **explanation._asdict()})
        return
    for lead, text in (("", explanation.what), ("because: ", explanation.why), ("next: ", explanation.next)):
        print_below(lead, text)
    if with_all:
        _print_all(record)


def _print_all(record: RetrainingJob | DecisionRecord) -> None:
    if isinstance(record, DecisionRecord):
        print_verdicts(record.verdicts)
        return
    print_below("", f"opened at {moment(record.created_at)} by {record.trigger_type.value}: {record.trigger_reason}")
    print_data_check(record)
    print_metrics(record)


def _of_decision(decision: DecisionRecord) -> Explanation:
    asked = f" that {decision.actor} asked for" if decision.actor else ""
    held = f"held back by {decision.held_by.replace('_', ' ')}" if decision.held_by else "not due"
    return Explanation(
        job_id=decision.job_id,
        outcome=decision.outcome,
        what=f"{decision.model_name}: {decision.trigger_type.value} retraining{asked} at "
        f"{moment(decision.event_time)}: {held}, so no job was opened",
        why=decision.reason,
        next=f"auto-retrain why-not {decision.model_name}",
    )


def _of_job(job: RetrainingJob, ports: Ports) -> Explanation:
    return Explanation(
        job_id=job.job_id,
        outcome=(job.ending or job.status).value,
        what=job.what_became if job.ending else standing_of(job),
        why=_outlook(job, ports) or _what_decided(job),
        next=next_step(job),
    )


def _outlook(job: RetrainingJob, ports: Ports) -> str | None:
    """What comes next in its rollout, if it is in one."""
    serving = ports.ledger.serving(job.model_name)
    return outlook_of(serving, ports) if serving.rollout_of_job(job.job_id) else None


def _what_decided(job: RetrainingJob) -> str:
    """What it was refused for, or the first reason that it was promoted for."""
    if job.error:
        return job.error
    if job.review:
        decided = "approved" if job.review.approved else "declined"
        return f"{job.review.actor} {decided} it: {job.review.reason or 'no reason given'}"
    if job.skipped:
        return job.skipped.removeprefix("not trained: ")
    if job.waits_for:
        return f"it waits: {job.waits_for}"
    result = job.validation
    if result is None:
        return f"it is {job.status.value}, and was opened by {job.trigger_type.value}: {job.trigger_reason}"
    against = result.first_against
    return f"{against.check}: {against.reason}" if against and not result.is_valid else result.first_reason
