"""`auto-retrain acknowledge`: says that somebody knows of a champion that failed, which ends the reminders."""

from typing import Annotated

import typer

from ..usecases.after_promotion import acknowledge as usecase
from .arguments import Actor, Json, Model, actor_or_user, ports_of, reason_option
from .commands import Commands
from .printing import moment, print_json, say

commands = Commands()


@commands.add("acknowledge", 'acknowledge churn --reason "I look into it"')
def acknowledge(
    context: typer.Context,
    model: Model,
    reason: Annotated[str | None, reason_option("recorded with it")] = None,
    actor: Actor = None,
    as_json: Json = False,
) -> None:
    """Say that you know of the champion that failed after its promotion, so that nobody is reminded any more.
    The first one to do so stays; nothing that serves changes."""
    alert = usecase.acknowledge(model, actor_or_user(actor), reason, ports_of(context))
    if as_json:
        print_json(alert)
        return
    what = "was taken back" if alert.taken_back else "failed and was not taken back"
    say(f"{model}: version {alert.version} {what} at {moment(alert.at)}: {alert.reason}")
    if alert.acknowledged:
        say(f"acknowledged by {alert.acknowledged.actor} at {moment(alert.acknowledged.at)}")
