"""`auto-retrain models …`: applies, shows, pauses and removes policies, and lifts a quarantine by hand."""

import argparse
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from ..domain.drill import overdue
from ..domain.errors import ModelUnknown
from ..domain.model_state import ModelState
from ..domain.policy.changes import changes_between
from ..domain.policy.policy import AppliedPolicy
from ..ports import Ports
from ..usecases.lookup import known_policy
from ..usecases.operating.policies import (
    PlannedPolicy,
    apply_planned,
    pause_model,
    plan_policies,
    remove_model,
    resume_model,
)
from ..usecases.operating.quarantine import lift_quarantine
from .arguments import actor_in, add_actor, add_model, add_reason, version_number
from .policy_files import read_policy_files, render_policy
from .printing import moment, plain, print_table


def add_commands(commands: Any) -> None:
    verbs = commands.add_parser("models", help="apply, list, show, pause and remove policies").add_subparsers(
        required=True, metavar="VERB"
    )
    apply = verbs.add_parser(
        "apply",
        help="put policies in force: all, or none if one is refused",
        description="Check all files first, then put each changed policy in force as its next version and show every "
        "field that changes. An unchanged policy keeps its version; a paused model stays paused.",
    )
    apply.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a policy in YAML")
    apply.add_argument("--dry-run", action="store_true", help="only show what would change")
    add_actor(apply)
    apply.set_defaults(run=_apply)

    verbs.add_parser(
        "list",
        help="list all models",
        description="List all models with policy version, status, last retraining, running job, last drill of "
        "the rollback and quarantine.",
    ).set_defaults(run=_list)

    show = verbs.add_parser(
        "show",
        help="show a policy with every default filled in",
        description="Show a policy with every default filled in, as a file that can be applied again.",
    )
    add_model(show)
    which = show.add_mutually_exclusive_group()
    which.add_argument("--version", metavar="N", type=version_number, help="show an earlier version")
    which.add_argument("--history", action="store_true", help="list all versions: when, by whom and what changed")
    show.set_defaults(run=_show)

    pause = verbs.add_parser(
        "pause",
        help="stop all triggers of a model",
        description="Stop all triggers of a model; a running job continues. Pausing again keeps the first reason.",
    )
    add_reason(pause, "shown when someone asks why the model is not retrained")
    resume = verbs.add_parser(
        "resume",
        help="let the triggers of a paused model work again",
        description="Let the triggers of a paused model work again; an active model is not changed.",
    )
    remove = verbs.add_parser(
        "remove",
        help="take a model out of the fleet; its history stays",
        description="Take a model out of the fleet. Its history stays, and a running job continues.",
    )
    remove.add_argument("--yes", action="store_true", required=True, help="confirm the removal")
    lift = verbs.add_parser(
        "lift-quarantine",
        help="lift a quarantine by hand",
        description="Lift a quarantine by hand, without waiting for the next check of the data; people are notified.",
    )
    add_reason(lift, "shown in the notification")
    for verb, run in ((pause, _pause), (resume, _resume), (remove, _remove), (lift, _lift_quarantine)):
        add_model(verb)
        add_actor(verb)
        verb.set_defaults(run=run)


def _apply(options: argparse.Namespace, ports: Ports) -> None:
    plans = plan_policies(read_policy_files(options.files), ports)
    for plan in plans:
        for warning in plan.warnings:
            print(f"auto-retrain: warning: {plan.policy.model}: {plain(warning)}", file=sys.stderr)
    if options.dry_run:
        for plan in plans:
            _print_plan(plan)
        print("nothing was written")
        return
    for plan, applied in zip(plans, apply_planned(plans, actor_in(options), ports), strict=True):
        _print_plan(plan, applied)


def _print_plan(plan: PlannedPolicy, applied: AppliedPolicy | None = None) -> None:
    before = plan.newest.version if plan.newest else 0
    paused = "; stays paused" if plan.stays_paused else ""
    if plan.is_unchanged:
        print(f"{plan.policy.model}: unchanged, version {before}{paused}")
        return
    new = "new, " if plan.is_new else ""
    print(f"{plan.policy.model}: {new}version {applied.version if applied else before + 1}{paused}")
    for change in plan.changes:
        print(f"  {plain(str(change))}")


def _list(options: argparse.Namespace, ports: Ports) -> None:
    now = ports.clock.now()
    rows = [
        (
            applied.policy.model,
            applied.version,
            applied.status.value,
            moment(state.last_retrained_at),
            state.owner_at(now) or "-",
            _drilled(applied, state, now, ports),
            f"{moment(state.quarantine.since)} {state.quarantine.reason}" if state.quarantine else "-",
        )
        for applied, state in ports.policies.fleet()
    ]
    print_table(("MODEL", "VERSION", "STATUS", "LAST RETRAINED", "RUNNING JOB", "LAST DRILL", "QUARANTINE"), rows)


def _drilled(applied: AppliedPolicy, state: ModelState, at: datetime, ports: Ports) -> str:
    drill = state.drill
    late = "OVERDUE" if overdue(drill, applied.policy.deployment.max_drill_age_days, at) else ""
    if drill is None:
        # With no version to go back to there is nothing to drill.
        return late if late and ports.ledger.serving(state.model_name).previous else "-"
    kind = "FAILED" if drill.problem else "live" if drill.live else "dry"
    about = f"{moment(drill.at)} {kind}, {drill.seconds:.1f} s, {(at - drill.at).days} days ago"
    return f"{about}, {late}" if late else about


def _show(options: argparse.Namespace, ports: Ports) -> None:
    newest = known_policy(options.model, ports)
    versions = ports.policies.history(options.model) if options.history or options.version else [newest]
    if options.history:
        _print_history(versions)
        return
    shown = [applied for applied in versions if options.version in (None, applied.version)]
    if not shown:
        available = f"there are 1 to {versions[0].version}"
        raise ModelUnknown(f"model '{options.model}' has no policy version {options.version}; {available}")
    print(f"# {_sentence(shown[0])}")
    print(render_policy(shown[0].policy), end="")


def _print_history(versions: list[AppliedPolicy]) -> None:
    for later, earlier in zip(versions, [*versions[1:], None], strict=True):
        print(_sentence(later))
        for change in changes_between(earlier.policy, later.policy) if earlier else ():
            print(f"  {plain(str(change))}")


def _sentence(applied: AppliedPolicy) -> str:
    note = f": {applied.note}" if applied.note else ""
    sentence = (
        f"version {applied.version}, {applied.status.value}{note}; {moment(applied.applied_at)} by {applied.applied_by}"
    )
    return plain(sentence)


def _pause(options: argparse.Namespace, ports: Ports) -> None:
    applied = pause_model(options.model, options.reason, actor_in(options), ports)
    print(f"{options.model}: {_sentence(applied)}")
    _mention_running_job(options.model, ports)


def _resume(options: argparse.Namespace, ports: Ports) -> None:
    print(f"{options.model}: {_sentence(resume_model(options.model, actor_in(options), ports))}")


def _remove(options: argparse.Namespace, ports: Ports) -> None:
    print(f"{options.model}: {_sentence(remove_model(options.model, actor_in(options), ports))}")
    _mention_running_job(options.model, ports)


def _mention_running_job(model_name: str, ports: Ports) -> None:
    owner = ports.states.get(model_name).owner_at(ports.clock.now())
    if owner:
        print(f"{model_name}: job {owner} continues; stop its execution if it should not")


def _lift_quarantine(options: argparse.Namespace, ports: Ports) -> None:
    was_lifted = lift_quarantine(options.model, options.reason, actor_in(options), ports)
    print(f"{options.model}: {'no longer' if was_lifted else 'was not'} in quarantine")
