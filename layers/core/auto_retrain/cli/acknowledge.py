"""`auto-retrain acknowledge`: says that somebody knows of a champion that failed, which ends the reminders."""

import argparse
from typing import Any

from ..ports import Ports
from ..usecases.after_promotion.acknowledge import acknowledge
from .arguments import actor_in, add_actor, add_model, add_reason
from .printing import moment, plain


def add_commands(commands: Any) -> None:
    known = commands.add_parser(
        "acknowledge",
        help="end the reminders about a champion that failed",
        description="Say that you know of the champion that failed after its promotion, so that nobody is reminded any "
        "more. The first one to do so stays; nothing that serves changes.",
    )
    add_model(known)
    add_reason(known, "recorded with it", required=False)
    add_actor(known)
    known.set_defaults(run=_acknowledge)


def _acknowledge(options: argparse.Namespace, ports: Ports) -> None:
    alert = acknowledge(options.model, actor_in(options), options.reason, ports)
    what = "was taken back" if alert.taken_back else "failed and was not taken back"
    print(plain(f"{options.model}: version {alert.version} {what} at {moment(alert.at)}: {alert.reason}"))
    if alert.acknowledged:
        print(plain(f"acknowledged by {alert.acknowledged.actor} at {moment(alert.acknowledged.at)}"))
