"""`auto-retrain explain`: in three lines why a challenger was or was not promoted, or where a job stands."""

from typing import Annotated

import typer

from ..domain.ending import Ending
from ..domain.job import RetrainingJob
from ..domain.verdict import Outcome
from ..usecases.lookup import job_or_newest
from .arguments import JobOrModel, Json, ports_of
from .commands import Commands
from .printing import moment, plain, print_json
from .reviews import print_data_check, print_metrics, standing_of

commands = Commands()


@commands.add("explain", "explain churn-0123456789 --all")
def explain(
    context: typer.Context,
    job: JobOrModel,
    with_all: Annotated[bool, typer.Option("--all", help="also show the data, every metric and every gate")] = False,
    as_json: Json = False,
) -> None:
    """Show in three lines why the challenger of a job was or was not promoted: what happened, what decided it, and what
    to look at next."""
    record = job_or_newest(job, ports_of(context))
    what, why, then = standing_of(record), _what_decided(record), _next(record)
    if as_json:
        print_json(
            {"job_id": record.job_id, "outcome": record.ending or record.status, "what": what, "why": why, "next": then}
        )
        return
    for line in (what, f"because: {why}", f"next: {then}"):
        print(plain(line))
    if with_all:
        print(plain(f"opened at {moment(record.created_at)} by {record.trigger_type.value}: {record.trigger_reason}"))
        print_data_check(record)
        print_metrics(record)


def _what_decided(job: RetrainingJob) -> str:
    """What it was refused for, or the first reason that it was promoted for."""
    if job.error:
        return job.error
    if job.review:
        decided = "approved" if job.review.approved else "declined"
        return f"{job.review.actor} {decided} it: {job.review.reason or 'no reason given'}"
    if job.skipped:
        return job.skipped
    result = job.validation
    if result is None:
        return f"it is {job.status.value}, and was opened by {job.trigger_type.value}: {job.trigger_reason}"
    against = [each for each in result.verdicts if each.outcome is not Outcome.MET and not each.observed_only]
    return result.first_reason if result.is_valid or not against else f"{against[0].check}: {against[0].reason}"


def _next(job: RetrainingJob) -> str:
    """The command that says more, or goes on."""
    if job.ending is None:
        return f"auto-retrain {'approve' if job.review_until else 'follow'} {job.job_id}"
    if job.ending is Ending.FAILED and job.started_at:  # otherwise no pod has said anything
        return f"auto-retrain logs {job.job_id}"
    if job.ending.changed_something:
        return f"auto-retrain rollout {job.model_name}"
    return f"auto-retrain why-not {job.model_name}"
