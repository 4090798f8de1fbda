"""`auto-retrain estimate`: what the champion's metrics should be, before labels arrive."""

from typing import TYPE_CHECKING

import typer

from ..domain.numbers import shown_number
from .arguments import Json, Model, ports_of
from .commands import Commands
from .packages import packages_for_data
from .printing import print_below, print_json, print_table

if TYPE_CHECKING:
    from ..usecases.operating.estimate_performance import PerformanceEstimate

# The newest ones.
SHOWN_DAYS = 3

commands = Commands()


@commands.add("estimate", "estimate churn")
def estimate(context: typer.Context, model: Model, as_json: Json = False) -> None:
    """Estimate the champion's metrics from the scores in its prediction log, before labels arrive, and show how far
    labels bore out earlier estimates. Concept drift is invisible to it. Nothing is retrained."""
    ports = ports_of(context)
    with packages_for_data("estimate"):
        from ..usecases.operating.estimate_performance import estimate_performance

        estimated = estimate_performance(model, ports)
    if as_json:
        print_json(estimated)
        return
    rows = [
        (each.metric, shown_number(each.value), " to ".join(map(shown_number, each.interval)))
        for each in estimated.metrics
    ]
    if rows:
        print_table(("METRIC", "ESTIMATE", "INTERVAL (95 %)"), rows)
        print_below("of       ", f"{estimated.rows} answers of version {estimated.version}, {estimated.window}")
        print_below("by       ", _basis(estimated))
    if estimated.days_without_answers:
        print_below("empty    ", _empty(estimated))
    print_below("trust    ", f"{estimated.trust}: {estimated.trust_reason}")
    label = estimated.verdict.label if estimated.is_enabled else f"{estimated.verdict.outcome.value} (disabled)"
    print_below("verdict  ", f"{label}: {estimated.verdict.reason}")


def _empty(estimated: "PerformanceEstimate") -> str:
    """The days of the log that say nothing, which a healthy estimate of the others may hide."""
    empty, days = estimated.days_without_answers, len(estimated.window.days())
    none = f"no answers of version {estimated.version} on"
    if len(empty) == days:
        return f"{none} any of the {days} days of {estimated.window}"
    newest = "; the newest are" if len(empty) > SHOWN_DAYS else ":"
    return f"{none} {len(empty)} of {days} days{newest} {', '.join(map(str, empty[-SHOWN_DAYS:]))}"


def _basis(estimated: "PerformanceEstimate") -> str:
    days = f" of {estimated.holdout}" if estimated.holdout else ""
    text = f"{estimated.holdout_rows} labelled rows of its holdout{days}"
    if estimated.calibration_error is None:
        return text
    error = shown_number(estimated.calibration_error)
    return f"{text}; scores are calibrated by them, and had a calibration error of {error}"
