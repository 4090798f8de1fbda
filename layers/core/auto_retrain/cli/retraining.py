"""`auto-retrain retrain` and `retrained`: a retraining that a person requests, or that was done elsewhere."""

import argparse
from typing import Any

from ..ports import Ports
from ..usecases.triggering.record_retraining import record_retraining
from ..usecases.triggering.request_retraining import request_retraining
from .arguments import AddParameter, actor_in, add_actor, add_model, add_reason, object_of, time_of
from .printing import moment, plain


def add_commands(commands: Any) -> None:
    retrain = commands.add_parser(
        "retrain",
        help="retrain a model now",
        description="Start an execution that retrains a model, with one training or several. If a job of the model is "
        "running, the request waits for its end.",
    )
    add_model(retrain)
    add_reason(retrain, "recorded with the job")
    add_actor(retrain)
    retrain.add_argument(
        "--parameter",
        metavar="KEY=JSON",
        dest="parameters",
        action=AddParameter,
        help="a training parameter that overrides the policy's; may be given several times",
    )
    several = retrain.add_mutually_exclusive_group()
    several.add_argument(
        "--variant",
        metavar="JSON",
        dest="variants",
        action="append",
        default=[],
        type=object_of,
        help="parameters of one of several trainings, of which the best is judged; give it at least twice",
    )
    several.add_argument(
        "--grid",
        metavar="KEY=[JSON,…]",
        action=AddParameter,
        help="values of a parameter; every combination is trained; may be given several times",
    )
    retrain.add_argument("--review", action="store_true", help="deploy only after a review")
    retrain.add_argument(
        "--force",
        action="store_true",
        help="ignore a pause, cool-down, caps and a low chance; never broken data, a running job or the floors",
    )
    retrain.set_defaults(run=_retrain)

    retrained = commands.add_parser(
        "retrained",
        help="record that a model was retrained elsewhere",
        description="Record that a model was retrained elsewhere, so that its schedule counts from there. The latest "
        "time counts.",
    )
    add_model(retrained)
    retrained.add_argument(
        "--at", metavar="TIME", type=time_of, help="when, such as 2026-03-01T12:00:00Z (default: now)"
    )
    retrained.set_defaults(run=_retrained)


def _retrain(options: argparse.Namespace, ports: Ports) -> None:
    started = request_retraining(
        options.model,
        ports,
        actor=actor_in(options),
        reason=options.reason,
        parameters=options.parameters,
        variants=options.variants,
        grid=options.grid,
        review=options.review,
        force=options.force,
    )
    print(f"job        {started.job_id}")
    print(f"execution  {started.execution_arn}")
    for hold in started.holds:
        print(plain(f"held back by {hold.kind}: {hold.reason}"))


def _retrained(options: argparse.Namespace, ports: Ports) -> None:
    state = record_retraining(options.model, options.at, ports)
    print(f"{options.model}: last retrained {moment(state.last_retrained_at)}")
