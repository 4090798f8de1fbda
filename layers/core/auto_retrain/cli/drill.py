"""`auto-retrain drill`: rehearses a rollback, and shows what each step took."""

from typing import Annotated

import typer

from ..usecases.drilling.drill import drill_rollback
from .arguments import Actor, Json, Model, actor_or_user, ports_of
from .commands import Commands
from .printing import print_below, print_json, print_table

commands = Commands()


@commands.add("drill", "drill churn")
def drill(
    context: typer.Context,
    model: Model,
    live: Annotated[
        bool,
        typer.Option("--live", help="let the version before really answer the requests, then bring the champion back"),
    ] = False,
    as_json: Json = False,
    actor: Actor = None,
) -> int:
    """Rehearse what a rollback would do now, read everything that it needs, and keep what each step took. Exits with 1
    if a rollback would fail."""
    done = drill_rollback(model, actor_or_user(actor), live, ports_of(context))
    if as_json:
        print_json(done)
    else:
        rows = [(step.name, f"{step.seconds:.2f}", step.problem or "good") for step in done.steps]
        print_table(("STEP", "SECONDS", "OUTCOME"), rows)
        way = f"from version {done.taken_back} to version {done.target}"
        would = "would fail" if done.problem else "works" if done.live else "would work"
        print_below("", f"{model}: a rollback {way} {would}")
    return 1 if done.problem else 0
