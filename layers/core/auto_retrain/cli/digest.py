"""`auto-retrain digest`: what retraining did to the fleet lately, and what waits for a person."""

import argparse
from textwrap import wrap
from typing import Any

from ..ports import Ports
from ..usecases.notifying.summarize_fleet import summarize_fleet
from .arguments import number_up_to
from .printing import plain, print_json

_WIDTH = 100
MAX_DAYS = 90


def add_commands(commands: Any) -> None:
    digest = commands.add_parser(
        "digest",
        help="show what retraining did lately, and what waits for a person",
        description="Show how the retrainings of all models ended in the last days, what they changed, and what waits "
        "for a person now. The same is sent to people every week.",
    )
    digest.add_argument("--days", type=number_up_to(MAX_DAYS), default=7, help="number of days, up to 90 (default: 7)")
    digest.add_argument("--json", action="store_true", help="print JSON with all details")
    digest.set_defaults(run=_digest)


def _digest(options: argparse.Namespace, ports: Ports) -> None:
    summary = summarize_fleet(options.days, ports)
    if options.json:
        print_json(summary)
        return
    print("\n".join(wrap(plain(summary.text), _WIDTH)))
    for line in summary.lines:
        print("\n".join(wrap(plain(line), _WIDTH, initial_indent="- ", subsequent_indent="  ")))
