"""`auto-retrain digest`: what retraining did to the fleet lately, and what waits for a person."""

from typing import Annotated

import typer

from ..usecases.notifying.summarize_fleet import summarize_fleet
from .arguments import Json, number_up_to, ports_of
from .commands import Commands
from .printing import print_below, print_json

MAX_DAYS = 90

commands = Commands()


@commands.add("digest", "digest --days 30")
def digest(
    context: typer.Context,
    days: Annotated[
        int, typer.Option("--days", metavar="N", parser=number_up_to(MAX_DAYS), help="number of days, up to 90")
    ] = 7,
    as_json: Json = False,
) -> None:
    """Show how the retrainings of all models ended in the last days, what they changed, and what waits for a person
    now. The same is sent to people every week."""
    summary = summarize_fleet(days, ports_of(context))
    if as_json:
        print_json(summary)
        return
    print_below("", summary.text)
    for line in summary.lines:
        print_below("- ", line)
