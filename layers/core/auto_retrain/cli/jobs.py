"""`auto-retrain jobs`: the newest retrainings."""

from typing import Annotated

import typer

from ..usecases.lookup import known_policy
from .arguments import ModelOrAll, limit_option, ports_of
from .commands import Commands
from .printing import moment, print_table

commands = Commands()


@commands.add("jobs", "jobs churn --limit 5")
def jobs(context: typer.Context, model: ModelOrAll = None, limit: Annotated[int, limit_option()] = 20) -> None:
    """List the newest jobs of one model, or of all models, with how each one ended."""
    ports = ports_of(context)
    newest = ports.jobs.list_recent(model, limit)
    if model and not newest:
        known_policy(model, ports)
    rows = [
        (
            moment(job.created_at),
            job.job_id,
            job.trigger_type.value,
            (job.ending or job.status).value,
            job.error
            or job.skipped
            or job.waits_for
            or (job.validation.reason if job.validation else job.trigger_reason),
        )
        for job in newest
    ]
    print_table(("CREATED", "JOB", "TRIGGER", "STATUS", "REASON"), rows)
