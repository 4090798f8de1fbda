"""`auto-retrain report …`: writes pages for a browser."""

from pathlib import Path
from typing import Annotated

import typer

from ..usecases.lookup import job_or_newest
from ..usecases.reporting.fleet_page import fleet_page
from ..usecases.reporting.job_page import job_page
from .arguments import JobOrModel, ports_of
from .commands import Commands
from .pages import writable, write_page
from .printing import print_whole

commands = Commands("report")

Output = Annotated[
    Path,
    typer.Option("--output", metavar="FILE", callback=writable, help="where to write it; a file there is replaced"),
]


@commands.add("job", "report job churn-0123456789 --output job.html", "write the page about a job")
def report_job(context: typer.Context, job: JobOrModel, output: Output) -> None:
    """Write the page about a job, ended or not: its timeline, why it was opened, the comparison with the champion, and
    why it failed, if it did."""
    ports = ports_of(context)
    _write(output, job_page(job_or_newest(job, ports), ports, linked=False))


@commands.add("fleet", "report fleet --output fleet.html", "write the page about all models")
def report_fleet(context: typer.Context, output: Output) -> None:
    """Write the page about all models: what needs a person, how each model is, what serves, its last job, and when its
    schedule fires next."""
    _write(output, fleet_page(ports_of(context)))


def _write(path: Path, page: str) -> None:
    write_page(path, page, "--output")
    print_whole(str(path))
