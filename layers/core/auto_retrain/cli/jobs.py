"""`auto-retrain jobs`: the newest retrainings."""

import argparse
from typing import Any

from ..ports import Ports
from ..usecases.lookup import known_policy
from .arguments import add_limit, add_model
from .printing import moment, print_table


def add_commands(commands: Any) -> None:
    jobs = commands.add_parser(
        "jobs",
        help="list the newest jobs",
        description="List the newest jobs of one model, or of all models, with how each one ended.",
    )
    add_model(jobs, help="only jobs of this model", nargs="?")
    add_limit(jobs, default=20)
    jobs.set_defaults(run=_list)


def _list(options: argparse.Namespace, ports: Ports) -> None:
    jobs = ports.jobs.list_recent(options.model, options.limit)
    if options.model and not jobs:
        known_policy(options.model, ports)
    rows = [
        (
            moment(job.created_at),
            job.job_id,
            job.trigger_type.value,
            (job.ending or job.status).value,
            job.error or job.skipped or (job.validation.reason if job.validation else job.trigger_reason),
        )
        for job in jobs
    ]
    print_table(("CREATED", "JOB", "TRIGGER", "STATUS", "REASON"), rows)
