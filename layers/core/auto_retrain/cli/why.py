"""`auto-retrain why` and `why-not`: past decisions about a model, and what would be decided now."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

import typer

from ..domain.decision_record import DecisionRecord
from ..domain.numbers import shown_p_value
from ..domain.outlook import ModelOutlook, TriggerOutlook
from ..domain.verdict import Outcome, Verdict
from ..usecases.triggering.why import explain_decisions
from ..usecases.triggering.why_not import predict_triggers
from .arguments import Json, Model, limit_option, ports_of
from .commands import Commands
from .printing import moment, print_below, print_json, say

# Of each decision, unless all are asked for.
SHOWN_VERDICTS = 3
# What called for the decision comes first, then what kept others from being judged.
_MATTERS_MOST = (Outcome.MET, Outcome.ERROR, Outcome.INCONCLUSIVE, Outcome.UNMET)


commands = Commands()


@commands.add("why", "why churn --limit 1 --all")
def why(
    context: typer.Context,
    model: Model,
    limit: Annotated[int, limit_option()] = 5,
    with_all: Annotated[
        bool,
        typer.Option(
            "--all", help=f"show every verdict of a decision, not only the {SHOWN_VERDICTS} that mattered most"
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Show the last decisions about a model: the verdict of each trigger, the outcome, and the name by which `explain`
    and `audit show` know a decision."""
    decisions = explain_decisions(model, limit, ports_of(context))
    if as_json:
        print_json([{"name": decision.name, **decision.model_dump(mode="json")} for decision in decisions])
        return
    for decision in decisions:
        _print_decision(decision, with_all)
    if not decisions:
        say(f"{model}: no decisions yet")


def _print_decision(decision: DecisionRecord, with_all: bool) -> None:
    held = f" by {decision.held_by}" if decision.held_by else ""
    outcome = decision.outcome.replace("_", " ")
    say(f"{moment(decision.event_time)}  {decision.trigger_type.value}  {outcome}{held}")
    _print_indented(decision.reason)
    verdicts = decision.verdicts if with_all else _what_mattered(decision.verdicts)
    print_verdicts(verdicts)
    if hidden := len(decision.verdicts) - len(verdicts):
        _print_indented(f"and {hidden} more; --all shows them")
    about = {
        "decision": None if decision.job_id else decision.name,
        "actor": decision.actor,
        "job": decision.job_id,
        "execution": decision.execution_arn,
    }
    for label, value in about.items():
        if value:
            _print_indented(f"{label}: {value}")


def print_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Print verdicts without their reasons, which that of their decision includes."""
    for verdict in verdicts:
        _print_indented(f"{verdict.check}: {verdict.label} {_numbers(verdict)}".rstrip())


def _what_mattered(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The first few: triggers that were met, each with the features that made it so, and then the other triggers."""
    outcomes = {verdict.check: verdict.outcome for verdict in verdicts}

    def rank(verdict: Verdict) -> tuple[int, bool, int]:
        trigger, _, feature = verdict.check.partition(":")
        own = _MATTERS_MOST.index(verdict.outcome)
        return _MATTERS_MOST.index(outcomes.get(trigger, verdict.outcome)), bool(feature), own

    return sorted(verdicts, key=rank)[:SHOWN_VERDICTS]


def _numbers(verdict: Verdict) -> str:
    interval = f"[{verdict.interval[0]:.4g}, {verdict.interval[1]:.4g}]" if verdict.interval else None
    numbers = {
        "value": f"{verdict.value:.4g}" if verdict.value is not None else None,
        "limit": f"{verdict.limit:.4g}" if verdict.limit is not None else None,
        "n": verdict.n,
        "interval": interval,
        "p": shown_p_value(verdict.p_value) if verdict.p_value is not None else None,
        "evidence": verdict.evidence,
    }
    return ", ".join(f"{name} {number}" for name, number in numbers.items() if number is not None)


@commands.add("why-not", "why-not churn")
def why_not(context: typer.Context, model: Model, as_json: Json = False) -> None:
    """Judge the metric and the schedule now and show what would happen; nothing is started or written. Drift is not
    judged again: the last check is shown, with its age."""
    outlook = predict_triggers(model, ports_of(context))
    if as_json:
        print_json(outlook)
        return
    _print_model(outlook)
    for trigger in outlook.triggers:
        _print_trigger(trigger, outlook)
    for waiting in outlook.waiting:
        request = waiting.request
        actor = f", requested by {request.actor}" if request.actor else ""
        about = f"{request.trigger_type.value} of {moment(request.event_time)}{actor} ({waiting.decision})"
        print_below("waits for the running job: ", about)


def _print_model(outlook: ModelOutlook) -> None:
    policy = f"policy version {outlook.policy_version}, {outlook.status.value}"
    caps = f"{outlook.daily_left} retrainings in 24 hours and {outlook.monthly_left} in 30 days are left"
    print_below("", f"{outlook.model_name}: {policy}; last retrained {moment(outlook.last_retrained_at)}; {caps}")


def _print_trigger(trigger: TriggerOutlook, outlook: ModelOutlook) -> None:
    say(f"{trigger.trigger_type.value}: {trigger.prospect.replace('_', ' ')}")
    if trigger.prospect == "unknown" and not trigger.verdicts:
        _print_indented("no check of its data is known")
    for verdict in trigger.verdicts:
        numbers = _numbers(verdict)
        _print_indented(f"{verdict.label}: {verdict.reason}" + (f" ({numbers})" if numbers else ""))
    for hold in trigger.holds:
        _print_indented(f"held back by {hold.kind}: {hold.reason}")
    judged = [f"judged {moment(trigger.judged_at)}{_age(outlook.at - trigger.judged_at)}"] if trigger.judged_at else []
    known = [*judged, *([f"next {moment(trigger.next_at)}"] if trigger.next_at else [])]
    if known:
        _print_indented(", ".join(known))
    if trigger.is_out_of_date:
        _print_indented(f"this is out of date; auto-retrain drift {outlook.model_name} judges the data of now")


def _age(age: timedelta) -> str:
    hours = age // timedelta(hours=1)
    if not hours:
        return ""
    return f" ({hours // 24} days ago)" if hours >= 48 else f" ({hours} hours ago)"


def _print_indented(text: str) -> None:
    print_below("  ", text)
