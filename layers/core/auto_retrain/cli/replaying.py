"""`auto-retrain replay`: computes a verdict again from the stored evidence."""

import argparse
from typing import Any

from ..ports import Ports
from .arguments import add_job
from .packages import packages_for_data
from .printing import plain, print_json


def add_commands(commands: Any) -> None:
    replay = commands.add_parser(
        "replay",
        help="compute a job's verdict again from the stored evidence",
        description="Compute a job's verdict again from the stored predictions, with the policy of that time. Exits "
        "with 1 and names what differs if the result is not the same.",
    )
    add_job(replay)
    replay.add_argument("--json", action="store_true", help="print both verdicts as JSON")
    replay.set_defaults(run=_replay)


def _replay(options: argparse.Namespace, ports: Ports) -> int:
    with packages_for_data("replay"):
        from ..usecases.validating.replay import replay_validation

        replay = replay_validation(options.job, ports)
    if options.json:
        print_json(replay)
    elif replay.is_same:
        how = (
            "with the same hash" if replay.has_same_words else "in other words than those of the release that sealed it"
        )
        print(f"{replay.job_id}: the same verdict, {replay.sealed.decision.value}, {how}")
        print(replay.replayed.validation_hash)
    else:
        decisions = f"{replay.sealed.decision.value}, replayed {replay.replayed.decision.value}"
        print(f"{replay.job_id}: NOT the same: {decisions}")
        if replay.has_other_statistics:
            print("  it was sealed by a release that computed some numbers in another way; see docs/limits.md")
        for difference in replay.differences:
            print(f"  {plain(difference)}")
    return 0 if replay.is_same else 1
