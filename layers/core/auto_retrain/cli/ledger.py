"""`auto-retrain ledger`: what served a model from when to when, put there by whom and why."""

from typing import Annotated

import typer

from ..domain.deployment_ledger import Period
from ..usecases.operating.served import list_served
from .arguments import Json, Model, limit_option, ports_of
from .commands import Commands
from .printing import moment, print_below, print_json, say

_LEAD = "{:20}  {:20}  {:6}  "


commands = Commands()


@commands.add("ledger", "ledger churn")
def ledger(
    context: typer.Context, model: Model, limit: Annotated[int, limit_option()] = 20, as_json: Json = False
) -> None:
    """Show the newest changes of what serves a model: each version with the time from when to when it served, the
    weights of rollouts and how they ended, who caused it, and why."""
    periods = list_served(model, limit, ports_of(context))
    if as_json:
        print_json(periods)
        return
    if not periods:
        say(f"{model}: nothing was deployed yet")
        return
    say(_LEAD.format("FROM", "UNTIL", "SERVES") + "CHANGE")
    for period in periods:
        _print_period(period)


def _print_period(period: Period) -> None:
    until = moment(period.until) if period.until else "now"
    print_below(_LEAD.format(moment(period.deployed_at), until, period.version.number), _change(period))
    print_below("  ", f"{_cause(period)}: {period.reason or 'no reason given'}")


def _change(period: Period) -> str:
    if period.change == "ended":
        return "the rollout ended"
    if period.change == "drill":
        return f"a drill, in place of {period.previous_version}"
    if period.change == "drill_ended":
        return "the drill ended"
    if period.change == "weight":
        return f"{period.weight} % to version {period.challenger}"
    if period.change == "mirror":
        return f"copies of {period.mirror_share} % to version {period.challenger}"
    before = f" instead of {period.previous_version}" if period.previous_version else ""
    watched = f", provisional until {moment(period.watched_until)}" if period.watched_until else ""
    return f"{period.change.replace('_', ' ')}{before}{watched}"


def _cause(period: Period) -> str:
    """Who caused it, as far as that is known: earlier releases recorded only the job."""
    names = [period.actor] if period.actor else []
    # The job of a roll back is the one that trained the version long before.
    names += [f"job {period.job_id}"] if period.change == "promoted" and period.job_id else []
    return f"by {', '.join(names) or 'somebody else'}"
