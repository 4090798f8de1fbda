"""`auto-retrain models …`: applies, shows, pauses and removes policies, and lifts a quarantine by hand."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ..domain.cost import dollars
from ..domain.drill import overdue
from ..domain.errors import ModelUnknown
from ..domain.model_state import ModelState
from ..domain.policy.changes import changes_between
from ..domain.policy.policy import AppliedPolicy, PolicyStatus
from ..domain.policy.triggers import MAX_BACK_TEST_DAYS
from ..domain.text import one_line
from ..ports import Ports
from ..usecases.lookup import known_policy
from ..usecases.operating.policies import (
    apply_planned,
    check_policies,
    pause_model,
    plan_policies,
    remove_model,
    resume_model,
)
from ..usecases.operating.quarantine import lift_quarantine
from .arguments import (
    Actor,
    Json,
    Model,
    actor_or_user,
    connection_of,
    number_up_to,
    ports_of,
    reason_option,
    refuse_both,
    version_option,
)
from .back_test_documents import TriedChanges
from .commands import Commands
from .policy_files import read_policy_files, render_policy
from .policy_plans import print_first_retrainings, print_plans, print_warnings
from .printing import moment, print_json, print_table, say
from .trials import print_trials
from .tried_changes import tried_plans

commands = Commands("models")


@commands.add("apply", "models apply churn.yaml --dry-run", "put policies in force: all, or none if one is refused")
def apply(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="a policy in YAML")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only show what would change")] = False,
    back_test: Annotated[
        int | None,
        typer.Option(
            "--backtest",
            metavar="DAYS",
            parser=number_up_to(MAX_BACK_TEST_DAYS),
            help="try changes on so many past days first (default: triggers.back_test_days)",
        ),
    ] = None,
    reason: Annotated[
        str | None, reason_option("why to apply policies that did worse on the past; kept with their versions")
    ] = None,
    actor: Actor = None,
    as_json: Json = False,
) -> None:
    """Check all files first, then put each changed policy in force as its next version and show every field that
    changes. An unchanged policy keeps its version; a paused model stays paused. With --backtest, or if a policy demands
    it, each change is tried on the past beside the policy in force, and one that does worse there needs a --reason."""
    ports = ports_of(context)
    plans = plan_policies(read_policy_files(files), ports)
    print_warnings(plans)
    tried: TriedChanges = {}
    if back_test or any(plan.back_test_days for plan in plans):
        plans, tried = tried_plans(plans, back_test, reason, as_json, connection_of(context), ports)
    if dry_run:
        print_plans([(plan, None) for plan in plans], as_json, tried)
        if not as_json:
            say("nothing was written")
        return
    print_plans(zip(plans, apply_planned(plans, actor_or_user(actor), ports), strict=True), as_json, tried)
    if not as_json:
        print_first_retrainings(plans, ports)


@commands.add("check", "models check churn.yaml --data", "check policies, and the data that they name")
def check(
    context: typer.Context,
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="a policy in YAML")],
    data: Annotated[
        bool, typer.Option("--data", help="read the data, and show what a retraining that starts now would do")
    ] = False,
    as_json: Json = False,
) -> int:
    """Check policies without writing anything, by themselves, which needs no deployment. With --data, read all days
    that a retraining would read, and show what it would learn from, what it needs, what is wrong with the data, and
    whether it would train; exits with 1 if it would not."""
    ports, policies = ports_of(context), read_policy_files(files)
    plans = plan_policies(policies, ports) if data else check_policies(policies, ports)
    print_warnings(plans)
    return 0 if print_trials([plan.policy for plan in plans], data, as_json, ports) else 1


@commands.add("list", "models list", "list all models")
def list_all(context: typer.Context, as_json: Json = False) -> None:
    """List all models with policy version, status, last retraining, running job, last drill of the rollback, what this
    month's retrainings cost of which budget, and quarantine."""
    ports = ports_of(context)
    now = ports.clock.now()
    if as_json:
        print_json([_model_document(applied, state, now) for applied, state in ports.policies.fleet()])
        return
    rows = [
        (
            applied.policy.model,
            applied.version,
            applied.status.value,
            moment(state.last_retrained_at),
            state.owner_at(now) or "-",
            _drilled(applied, state, now, ports),
            _spent(applied, state, now),
            f"{moment(state.quarantine.since)} {state.quarantine.reason}" if state.quarantine else "-",
        )
        for applied, state in ports.policies.fleet()
    ]
    if not rows:
        say("there are no models yet; 'auto-retrain models apply FILE' adds one")
        return
    print_table(
        ("MODEL", "VERSION", "STATUS", "LAST RETRAINED", "RUNNING JOB", "LAST DRILL", "MONTH", "QUARANTINE"), rows
    )


def _model_document(applied: AppliedPolicy, state: ModelState, at: datetime) -> dict[str, object]:
    return {
        "model_name": applied.policy.model,
        "owner": applied.policy.owner,
        "policy_version": applied.version,
        "status": applied.status,
        "last_retrained_at": state.last_retrained_at,
        "running_job": state.owner_at(at),
        "drill": state.drill,
        "quarantine": state.quarantine,
    }


def _spent(applied: AppliedPolicy, state: ModelState, now: datetime) -> str:
    budget = applied.policy.triggers.budget_month_usd
    return dollars(state.spent_in(now)) + (f" of {dollars(budget)}" if budget else "")


def _drilled(applied: AppliedPolicy, state: ModelState, at: datetime, ports: Ports) -> str:
    drill = state.drill
    late = "OVERDUE" if overdue(drill, applied.policy.deployment.max_drill_age_days, at) else ""
    if drill is None:
        # With no version to go back to there is nothing to drill.
        return late if late and ports.ledger.serving(state.model_name).previous else "-"
    kind = "FAILED" if drill.problem else "live" if drill.live else "dry"
    about = f"{moment(drill.at)} {kind}, {drill.seconds:.1f} s, {(at - drill.at).days} days ago"
    return f"{about}, {late}" if late else about


@commands.add("show", "models show churn", "show a policy with every default filled in")
def show(
    context: typer.Context,
    model: Model,
    version: Annotated[int | None, version_option("show an earlier version; not with --history", "N")] = None,
    history: Annotated[
        bool, typer.Option("--history", help="list all versions: when, by whom and what changed")
    ] = False,
    as_json: Json = False,
) -> None:
    """Show a policy with every default filled in, as a file that can be applied again."""
    refuse_both(context, "--version", "--history")
    ports = ports_of(context)
    newest = known_policy(model, ports)
    versions = ports.policies.history(model) if history or version else [newest]
    if history:
        print_json(versions) if as_json else _print_history(versions)
        return
    wanted = [applied for applied in versions if version in (None, applied.version)]
    if not wanted:
        available = f"there are 1 to {versions[0].version}"
        raise ModelUnknown(f"model '{model}' has no policy version {version}; {available}")
    if as_json:
        print_json(wanted[0])
        return
    say(f"# {_sentence(wanted[0])}")
    print(render_policy(wanted[0].policy), end="")


def _print_history(versions: list[AppliedPolicy]) -> None:
    for later, earlier in zip(versions, [*versions[1:], None], strict=True):
        say(_sentence(later))
        for change in changes_between(earlier.policy, later.policy) if earlier else ():
            say(f"  {change!s}")


def _sentence(applied: AppliedPolicy) -> str:
    note = f": {applied.note}" if applied.note else ""
    sentence = (
        f"version {applied.version}, {applied.status.value}{note}; {moment(applied.applied_at)} by {applied.applied_by}"
    )
    return one_line(sentence)


@commands.add("pause", 'models pause churn --reason "the labels are late"', "stop all triggers of a model")
def pause(
    context: typer.Context,
    model: Model,
    reason: Annotated[str, reason_option("shown when someone asks why the model is not retrained")],
    actor: Actor = None,
    as_json: Json = False,
) -> None:
    """Stop all triggers of a model; a running job continues. Pausing again keeps the first reason."""
    ports = ports_of(context)
    _print_applied(pause_model(model, reason, actor_or_user(actor), ports), as_json, ports)


@commands.add("resume", "models resume churn", "let the triggers of a paused model work again")
def resume(context: typer.Context, model: Model, actor: Actor = None, as_json: Json = False) -> None:
    """Let the triggers of a paused model work again; an active model is not changed."""
    ports = ports_of(context)
    _print_applied(resume_model(model, actor_or_user(actor), ports), as_json, ports)


@commands.add("remove", "models remove churn --yes", "take a model out of the fleet; its history stays")
def remove(
    context: typer.Context,
    model: Model,
    _: Annotated[bool, typer.Option("--yes", help="confirm the removal")],
    actor: Actor = None,
    as_json: Json = False,
) -> None:
    """Take a model out of the fleet. Its history stays, and a running job continues."""
    ports = ports_of(context)
    _print_applied(remove_model(model, actor_or_user(actor), ports), as_json, ports)


@commands.add(
    "lift-quarantine", 'models lift-quarantine churn --reason "the export is repaired"', "lift a quarantine by hand"
)
def lift(
    context: typer.Context,
    model: Model,
    reason: Annotated[str, reason_option("shown in the notification")],
    actor: Actor = None,
    as_json: Json = False,
) -> None:
    """Lift a quarantine by hand, without waiting for the next check of the data; people are notified."""
    was_lifted = lift_quarantine(model, reason, actor_or_user(actor), ports_of(context))
    if as_json:
        print_json({"model_name": model, "was_lifted": was_lifted})
        return
    say(f"{model}: {'no longer' if was_lifted else 'was not'} in quarantine")


def _print_applied(applied: AppliedPolicy, as_json: bool, ports: Ports) -> None:
    """Print a policy whose status was changed, and which job goes on although no other one will start."""
    if as_json:
        print_json(applied)
        return
    model = applied.policy.model
    say(f"{model}: {_sentence(applied)}")
    owner = ports.states.get(model).owner_at(ports.clock.now())
    if owner and applied.status is not PolicyStatus.ACTIVE:
        say(f"{model}: job {owner} continues; stop its execution if it should not")
