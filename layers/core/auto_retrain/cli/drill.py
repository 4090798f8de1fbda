"""`auto-retrain drill`: rehearses a rollback, and shows what each step took."""

import argparse
from typing import Any

from ..ports import Ports
from ..usecases.drilling.drill import drill_rollback
from .arguments import actor_in, add_actor, add_model
from .printing import plain, print_json, print_table


def add_commands(commands: Any) -> None:
    drill = commands.add_parser(
        "drill",
        help="rehearse a rollback, and measure it",
        description="Rehearse what a rollback would do now, read everything that it needs, and keep what each step "
        "took. Exits with 1 if a rollback would fail.",
    )
    add_model(drill)
    drill.add_argument(
        "--live",
        action="store_true",
        help="let the version before really answer the requests, then bring the champion back",
    )
    drill.add_argument("--json", action="store_true", help="print the drill as JSON")
    add_actor(drill)
    drill.set_defaults(run=_drill)


def _drill(options: argparse.Namespace, ports: Ports) -> int:
    drill = drill_rollback(options.model, actor_in(options), options.live, ports)
    if options.json:
        print_json(drill)
    else:
        rows = [(step.name, f"{step.seconds:.2f}", step.problem or "good") for step in drill.steps]
        print_table(("STEP", "SECONDS", "OUTCOME"), rows)
        way = f"from version {drill.taken_back} to version {drill.target}"
        would = "would fail" if drill.problem else "works" if drill.live else "would work"
        print(plain(f"{options.model}: a rollback {way} {would}"))
    return 1 if drill.problem else 0
