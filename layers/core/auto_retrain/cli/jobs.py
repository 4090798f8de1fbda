"""`auto-retrain jobs`: the newest retrainings."""

from typing import Annotated

import typer

from ..usecases.lookup import known_policy
from .arguments import Json, ModelOrAll, limit_option, ports_of
from .commands import Commands
from .printing import job_document, moment, outcome_of, print_json, print_table, say

commands = Commands()


@commands.add("jobs", "jobs churn --limit 5")
def jobs(
    context: typer.Context, model: ModelOrAll = None, limit: Annotated[int, limit_option()] = 20, as_json: Json = False
) -> None:
    """List the newest jobs of one model, or of all models, with how each one ended."""
    ports = ports_of(context)
    newest = ports.jobs.list_recent(model, limit)
    if model and not newest:
        known_policy(model, ports)
    if as_json:
        print_json([job_document(job) for job in newest])
        return
    if not newest:
        say(f"{model} has no job yet" if model else "there are no jobs yet")
        return
    rows = [
        (
            moment(job.created_at),
            job.job_id,
            job.trigger_type.value,
            outcome_of(job),
            job.error
            or job.skipped
            or job.waits_for
            or (job.validation.reason if job.validation else job.trigger_reason),
        )
        for job in newest
    ]
    print_table(("CREATED", "JOB", "TRIGGER", "STATUS", "REASON"), rows)
