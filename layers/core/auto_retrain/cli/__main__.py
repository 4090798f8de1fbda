"""Parses the command line, calls a use case, prints what came of it."""

import argparse
import getpass
import sys
from pathlib import Path

from ..bootstrap import deployed_ports
from ..domain.errors import AutoRetrainError
from ..ports import Ports
from ..usecases.apply_policy import apply_policy
from .policy_files import read_policy_file


def main(arguments: list[str] | None = None, ports: Ports | None = None) -> int:
    """Run one command; the exit code is 0 for success and 1 for a refusal, which is explained on stderr."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options, ports or deployed_ports())
    except AutoRetrainError as error:
        print(f"auto-retrain: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="auto-retrain", description="Look after the models of a deployment.")
    commands = parser.add_subparsers(required=True)
    apply = commands.add_parser("apply", help="put policies in force: all of them, or none if one is refused")
    apply.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a policy in YAML")
    apply.add_argument("--actor", help="who decided it (default: you)")
    apply.set_defaults(run=_apply)
    models = commands.add_parser("models", help="list the models and what is going on with them")
    models.set_defaults(run=_models)
    jobs = commands.add_parser("jobs", help="list the newest jobs")
    jobs.add_argument("model", nargs="?", help="only of this model")
    jobs.add_argument("--limit", type=int, default=20, help="how many (default: %(default)s)")
    jobs.set_defaults(run=_jobs)
    return parser


def _apply(options: argparse.Namespace, ports: Ports) -> None:
    policies = [read_policy_file(path) for path in options.files]
    for policy in policies:
        applied = apply_policy(policy, options.actor or getpass.getuser(), ports)
        print(f"{applied.policy.model}: policy version {applied.version} in force since {applied.applied_at:%F %T}Z")


def _models(options: argparse.Namespace, ports: Ports) -> None:
    for applied, state in ports.policies.fleet():
        last = f"{state.last_retrained_at:%F}" if state.last_retrained_at else "never"
        busy = f", job {state.active_job} is running" if state.owner_at(ports.clock.now()) else ""
        print(f"{applied.policy.model}: policy version {applied.version}, last retrained {last}{busy}")


def _jobs(options: argparse.Namespace, ports: Ports) -> None:
    for job in ports.jobs.list_recent(options.model, options.limit):
        end = job.error or (job.validation.reason if job.validation else job.trigger_reason)
        word = "deployed" if job.deployed else job.status.value
        print(f"{job.created_at:%F %T}Z {job.job_id} {job.trigger_type.value} {word}: {end}")


if __name__ == "__main__":
    sys.exit(main())
