"""`auto-retrain rollout` and `rollback`: shows how a version goes into production, steps in, and takes it back."""

import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

from ..domain.analysis import RolloutEvidence
from ..domain.explain import shown
from ..domain.messages.rolling_out import RollbackOutcome, RollbackRequest
from ..domain.people import check_person
from ..domain.rollout import Rollout
from ..domain.serving import ServingRecord
from ..ports import Ports
from ..usecases.decide_rollout import foresee
from ..usecases.lookup import known_policy
from ..usecases.rolling_out import intervene
from ..usecases.rolling_out.roll_back import roll_back
from .arguments import Actor, Json, Model, actor_or_user, ports_of, reason_option, version_option
from .commands import Commands
from .printing import moment, print_below, print_json, print_table, say

FOLLOW_SECONDS = 10.0
_VERBS = ("pause", "resume", "promote", "abort")


commands = Commands()


@commands.add("rollback", 'rollback churn --reason "refunds doubled"')
def rollback(
    context: typer.Context,
    model: Model,
    reason: Annotated[str, reason_option("recorded, and sent to people")],
    to: Annotated[
        int | None, version_option("a version that has served before (default: the last good one)", name="--to")
    ] = None,
    actor: Actor = None,
    as_json: Json = False,
) -> int:
    """Take back the challenger of a rollout, or else the champion: the last good version serves again. It needs neither
    MLflow nor metrics. A second rollback within 15 minutes changes nothing, unless it names --to; a later one goes back
    further."""
    person = actor_or_user(actor)
    check_person(person, reason)
    request = RollbackRequest(model_name=model, to=None if to is None else str(to), actor=person, reason=reason)
    return _print_outcome(roll_back(request, ports_of(context)), as_json)


def _verb(text: str) -> str:
    """Raises BadParameter for anything else; whoever has the words in another order sees the right one."""
    if text not in _VERBS:
        verbs = f"must be one of: {', '.join(_VERBS)}"
        raise typer.BadParameter(f"{shown(text)} {verbs}; the model comes first, as in 'rollout churn {_VERBS[-1]}'")
    return text


@commands.add("rollout", 'rollout churn pause --reason "a campaign until Monday"')
def rollout(
    context: typer.Context,
    model: Model,
    action: Annotated[
        str | None, typer.Argument(metavar="ACTION", parser=_verb, help=f"one of: {', '.join(_VERBS)}")
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="show it again every few seconds, until it has ended")
    ] = False,
    as_json: Json = False,
    reason: Annotated[str | None, reason_option("recorded with the action, which needs one")] = None,
    actor: Actor = None,
) -> int:
    """Show the rollout of a model, what its checks say, and what serves; or pause it, let it go on, end it with a
    promotion, or abort it."""
    if action:
        if reason is None:
            raise typer.BadParameter(f"--reason: required for {action}", ctx=context)
        return _step_in(model, action, actor_or_user(actor), reason, as_json, ports_of(context))
    if reason or actor:
        raise typer.BadParameter(f"--reason and --actor go with an action: one of {', '.join(_VERBS)}", ctx=context)
    ports = ports_of(context)
    _show(model, as_json, ports)
    while follow and ports.ledger.serving(model).rollout:
        time.sleep(FOLLOW_SECONDS)
        say("")
        _show(model, as_json, ports)
    return 0


def _step_in(model: str, action: str, actor: str, reason: str, as_json: bool, ports: Ports) -> int:
    if action == "abort":
        return _print_outcome(intervene.abort(model, actor, reason, ports), as_json)
    steps: dict[str, Callable[..., ServingRecord]] = {
        "pause": intervene.pause,
        "resume": intervene.resume,
        "promote": intervene.promote,
    }
    record = steps[action](model, actor, reason, ports)
    evidence = ports.ledger.evidence(model)
    if as_json:
        print_json(_document(record, evidence))
    else:
        print_below("", f"{model}: {_standing(record, evidence, ports)}")
    return 0


def _print_outcome(outcome: RollbackOutcome, as_json: bool) -> int:
    """Whatever could not be reached yet makes the exit code 1: scripts must not believe it is done."""
    if as_json:
        print_json(outcome)
        return 1 if outcome.pending else 0
    if outcome.unchanged:
        print_below("", f"{outcome.model_name}: nothing to take back: {outcome.unchanged}")
    else:
        say(f"{outcome.model_name}: version {outcome.version} serves; taken back: {', '.join(outcome.taken_back)}")
    if outcome.alias or outcome.weights:
        weights = ", ".join(f"version {version}: {share} %" for version, share in (outcome.weights or {}).items())
        say(f"read back: alias 'champion' names version {outcome.alias}{f'; traffic: {weights}' if weights else ''}")
    if outcome.pending:
        print_below("not in force yet, and repeated every minute: ", outcome.pending)
    return 1 if outcome.pending else 0


def _show(model: str, as_json: bool, ports: Ports) -> None:
    record, evidence = ports.ledger.serving(model), ports.ledger.evidence(model)
    if record.champion is None:
        known_policy(model, ports)
    if as_json:
        print_json(_document(record, evidence))
        return
    print_below("", f"{model}: {_standing(record, evidence, ports)}")
    if record.champion:
        say(f"champion: version {record.champion.version.number} since {moment(record.champion.deployed_at)}")
    for line in _after_promotion(record):
        print_below("", line)
    if record.conflict:
        print_below("conflict: ", record.conflict)
    own = evidence if evidence and record.rollout and evidence.rollout_id == record.rollout.job_id else None
    if own:
        rows = [(verdict.check, verdict.label, verdict.reason) for verdict in own.analysis.verdicts]
        print_table(("CHECK", "OUTCOME", "REASON"), rows)


def _document(record: ServingRecord, evidence: RolloutEvidence | None) -> dict[str, Any]:
    # Anyone who reads a task token could answer for the watcher.
    hidden = {"rollout": {"task_token"}} if record.rollout else None
    return {"serving": record.model_dump(mode="json", exclude=hidden), "evidence": evidence}


def _after_promotion(record: ServingRecord) -> Iterator[str]:
    """Whether the champion may still be taken back by itself, and what nobody has acknowledged."""
    watch = record.watch
    if watch:
        held = "; nothing is taken back while a challenger rolls out" if record.rollout else ""
        yield f"provisional: watched until {moment(watch.until)} against version {watch.predecessor}{held}"
    if record.final:
        yield f"final since {moment(record.final.at)}: {record.final.reason}"
    alert = record.alert
    if alert and not alert.acknowledged:
        known = f"nobody has acknowledged it ('auto-retrain acknowledge {record.model_name}')"
        yield f"version {alert.version} failed at {moment(alert.at)}: {alert.reason}; {known}"


def _standing(record: ServingRecord, evidence: RolloutEvidence | None, ports: Ports) -> str:
    rollout = record.rollout
    if rollout is None:
        ended = record.ended
        if ended is None:
            return "no rollout"
        return f"no rollout; the last one ended at {moment(ended.at)} ({ended.outcome}): {ended.reason}"
    return f"{_where(rollout)}; {foresee(record, evidence, ports.clock.now())}"


def _where(rollout: Rollout) -> str:
    share = f"{rollout.weight} %" if not rollout.mirror_share else f"copies of {rollout.mirror_share} %"
    since = moment(rollout.since)
    return f"version {rollout.challenger.number} gets {share} since {since} ({rollout.deployment.strategy})"
