"""`auto-retrain retrain` and `retrained`: a retraining that a person requests, or that was done elsewhere."""

from datetime import datetime
from typing import Annotated, Any

import typer

from ..usecases.triggering.record_retraining import record_retraining
from ..usecases.triggering.request_retraining import request_retraining
from .arguments import (
    Actor,
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
from .printing import moment, plain

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
) -> None:
    """Start an execution that retrains a model, with one training or several. If a job of the model is running, the
    request waits for its end."""
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
    print(f"job        {started.job_id}")
    print(f"execution  {started.execution_arn}")
    for hold in started.holds:
        print(plain(f"held back by {hold.kind}: {hold.reason}"))


@commands.add("retrained", "retrained churn --at 2026-03-01T12:00:00Z")
def retrained(
    context: typer.Context,
    model: Model,
    at: Annotated[
        datetime | None,
        typer.Option("--at", metavar="TIME", parser=time_of, help="when, such as 2026-03-01T12:00:00Z (default: now)"),
    ] = None,
) -> None:
    """Record that a model was retrained elsewhere, so that its schedule counts from there. The latest time counts."""
    state = record_retraining(model, at, ports_of(context))
    print(f"{model}: last retrained {moment(state.last_retrained_at)}")
