"""`auto-retrain report …`: writes pages for a browser."""

import argparse
from pathlib import Path
from typing import Any

from ..domain.errors import EventInvalid
from ..ports import Ports
from ..usecases.lookup import job_of
from ..usecases.reporting.fleet_page import fleet_page
from ..usecases.reporting.job_page import job_page
from .arguments import add_job


def add_commands(commands: Any) -> None:
    verbs = commands.add_parser("report", help="write a page about a job or the fleet").add_subparsers(
        required=True, metavar="VERB"
    )
    job = verbs.add_parser(
        "job",
        help="write the page about a job",
        description="Write the page about a job, ended or not: its timeline, why it was opened, the comparison with "
        "the champion, and why it failed, if it did.",
    )
    add_job(job)
    _add_output(job)
    job.set_defaults(run=_job)

    fleet = verbs.add_parser(
        "fleet",
        help="write the page about all models",
        description="Write the page about all models: what needs a person, how each model is, what serves, its last "
        "job, and when its schedule fires next.",
    )
    _add_output(fleet)
    fleet.set_defaults(run=_fleet)


def _add_output(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output", metavar="FILE", type=Path, required=True, help="where to write it; a file there is replaced"
    )


def _job(options: argparse.Namespace, ports: Ports) -> None:
    _write(options.output, job_page(job_of(options.job, ports), ports, linked=False))


def _fleet(options: argparse.Namespace, ports: Ports) -> None:
    _write(options.output, fleet_page(ports))


def _write(path: Path, page: str) -> None:
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise EventInvalid(f"--output {path}: cannot be written: {error.strerror}") from error
    print(path)
