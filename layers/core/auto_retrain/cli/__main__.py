"""Parses the command line, calls a use case and prints the result."""

import argparse
import os
import sys
from typing import Any

from ..bootstrap import deployed_ports
from ..domain.errors import AutoRetrainError
from ..ports import Ports
from . import (
    acknowledge,
    audit,
    digest,
    doctor,
    drift,
    drill,
    jobs,
    ledger,
    models,
    receipts,
    replaying,
    reporting,
    retraining,
    reviews,
    rollout,
    why,
)


def main(arguments: list[str] | None = None, ports: Ports | None = None) -> int:
    """Run one command; returns 0 for success, 1 for a refusal, 2 for a malformed command; errors go to stderr."""
    try:
        options = command_line().parse_args(arguments)
    except SystemExit as ended:
        return int(ended.code or 0)
    try:
        code = options.run(options, ports or deployed_ports())
        sys.stdout.flush()
    except AutoRetrainError as error:
        for line in str(error).splitlines():
            print(f"auto-retrain: {line}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader, such as `head`, has read enough; without this, flushing the rest would raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return int(code or 0)


class _Parser(argparse.ArgumentParser):
    """Accepts options only by their full names: a removal, for example, is never guessed."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)


def command_line() -> argparse.ArgumentParser:
    """The parser of all commands."""
    parser = _Parser(prog="auto-retrain", description="Manage the models of one deployment.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in (
        models,
        why,
        retraining,
        drift,
        jobs,
        receipts,
        reviews,
        rollout,
        acknowledge,
        drill,
        ledger,
        digest,
        audit,
        replaying,
        reporting,
        doctor,
    ):
        group.add_commands(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
