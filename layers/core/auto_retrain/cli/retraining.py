"""`auto-retrain retrain` and `retrained`: a retraining that a person requests, or that was done elsewhere."""

from datetime import datetime
from typing import Annotated, Any

import typer

from ..usecases.triggering.record_retraining import record_retraining
from ..usecases.triggering.request_retraining import request_retraining
from .arguments import (
    Actor,
    Json,
    Model,
    actor_or_user,
    object_of,
    ports_of,
    reason_option,
    refuse_both,
    time_of,
    values_by_key,
)
from .commands import Commands
from .printing import moment, print_json, print_whole, remark, say

# Neither a success nor a mistake: the request is recorded, and comes to nothing.
HELD_BACK = 3

commands = Commands()


@commands.add("retrain", 'retrain churn --reason "new labels" --parameter max_iter=300')
def retrain(
    context: typer.Context,
    model: Model,
    reason: Annotated[str, reason_option("recorded with the job")],
    actor: Actor = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(
            "--parameter",
            metavar="KEY=JSON",
            help="a training parameter that overrides the policy's; may be given several times",
        ),
    ] = None,
    variant: Annotated[
        list[Any] | None,
        typer.Option(
            "--variant",
            metavar="JSON",
            parser=object_of,
            help="parameters of one of several trainings, of which the best is judged; give it at least twice",
        ),
    ] = None,
    grid: Annotated[
        list[str] | None,
        typer.Option(
            "--grid",
            metavar="KEY=[JSON,…]",
            help="values of a parameter; every combination is trained; may be given several times; not with --variant",
        ),
    ] = None,
    review: Annotated[bool, typer.Option("--review", help="deploy only after a review")] = False,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="ignore a pause, cool-down, caps and a low chance; never broken data, a running job or the floors",
        ),
    ] = False,
    as_json: Json = False,
) -> int:
    """Start an execution that retrains a model, with one training or several. If a job of the model is running, the
    request waits for its end. Exits with 3 if something holds it back, so that no job is opened."""
    refuse_both(context, "--variant", "--grid")
    started = request_retraining(
        model,
        parameters=values_by_key("--parameter", parameter or ()),
        grid=values_by_key("--grid", grid or ()),
        ports=ports_of(context),
        actor=actor_or_user(actor),
        reason=reason,
        variants=variant or (),
        review=review,
        force=force,
    )
    for warning in started.warnings:
        remark(f"auto-retrain: warning: {model}: {warning}")
    if as_json:
        print_json(started)
        return HELD_BACK if started.outcome == "held" else 0
    if started.outcome == "expected":
        print_whole(f"job        {started.job_id}")
    else:
        print_whole(f"decision   {started.job_id}")
    if started.outcome == "waits":
        print_whole(f"waits for  {started.running_job}")
    print_whole(f"execution  {started.execution_arn}")
    for hold in started.holds:
        say(f"held back by {hold.kind}: {hold.reason}")
    if started.outcome != "held":
        print_whole(f"next: auto-retrain follow {started.job_id}")
        return 0
    say(f"no job is opened: {started.way_out}")
    return HELD_BACK


@commands.add("retrained", "retrained churn --at 2026-03-01T12:00:00Z")
def retrained(
    context: typer.Context,
    model: Model,
    at: Annotated[
        datetime | None,
        typer.Option("--at", metavar="TIME", parser=time_of, help="when, such as 2026-03-01T12:00:00Z (default: now)"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Record that a model was retrained elsewhere, so that its schedule counts from there. The latest time counts."""
    state = record_retraining(model, at, ports_of(context))
    if as_json:
        print_json({"model_name": model, "last_retrained_at": state.last_retrained_at})
        return
    say(f"{model}: last retrained {moment(state.last_retrained_at)}")
