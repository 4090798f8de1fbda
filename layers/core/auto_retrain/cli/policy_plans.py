"""Prints what applying policies changes or would change, what is doubtful about them, and what happens next."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from ..domain.policy.policy import AppliedPolicy
from ..ports import Ports
from ..usecases.operating.first_retraining import Starter, first_retraining_by
from ..usecases.operating.policies import PlannedPolicy
from .back_test_documents import NOT_TRIED, TriedChanges
from .printing import print_json, print_whole, remark, say

NAMED_MODELS = 3


def print_warnings(plans: Sequence[PlannedPolicy]) -> None:
    for plan in plans:
        for warning in plan.warnings:
            remark(f"auto-retrain: warning: {plan.policy.model}: {warning}")


def print_first_retrainings(plans: Sequence[PlannedPolicy], ports: Ports) -> None:
    """Say of models that were never retrained when they will be, and which command shows it."""
    models: dict[Starter, list[str]] = defaultdict(list)
    for plan in plans:
        model = plan.policy.model
        starter = None if plan.is_unchanged else first_retraining_by(model, ports)
        if starter:
            models[starter].append(model)
    for starter, names in models.items():
        first = f"{_listed(names)}: never retrained;"
        if starter == "sweep":
            status = f"auto-retrain status {names[0]}" if len(names) == 1 else "auto-retrain status"
            say(f"{first} the next sweep, of which there is one every five minutes, starts with it")
            print_whole(f"next: {status}")
        else:
            say(f"{first} its policy has no schedule, so a person starts with it")
            print_whole(f"next: auto-retrain retrain {names[0]} --reason TEXT")


def _listed(models: Sequence[str]) -> str:
    more = len(models) - NAMED_MODELS
    return ", ".join(models[:NAMED_MODELS]) + (f" and {more:,} more" if more > 0 else "")


def print_plans(
    plans: Iterable[tuple[PlannedPolicy, AppliedPolicy | None]], as_json: bool, tried: TriedChanges
) -> None:
    """Print each plan with what became of it, as soon as it has become that."""
    if as_json:
        print_json([{**_document(plan, applied), **tried.get(plan.policy.model, NOT_TRIED)} for plan, applied in plans])
        return
    for plan, applied in plans:
        _print_plan(plan, applied)


def _document(plan: PlannedPolicy, applied: AppliedPolicy | None) -> dict[str, object]:
    return {
        "model_name": plan.policy.model,
        "version": _version_of(plan, applied),
        "is_new": plan.is_new,
        "is_unchanged": plan.is_unchanged,
        "stays_paused": plan.stays_paused,
        "is_applied": applied is not None,
        "changes": plan.changes,
        "warnings": plan.warnings,
    }


def _version_of(plan: PlannedPolicy, applied: AppliedPolicy | None) -> int:
    before = plan.newest.version if plan.newest else 0
    return applied.version if applied else before if plan.is_unchanged else before + 1


def _print_plan(plan: PlannedPolicy, applied: AppliedPolicy | None) -> None:
    version = _version_of(plan, applied)
    paused = "; stays paused" if plan.stays_paused else ""
    if plan.is_unchanged:
        say(f"{plan.policy.model}: unchanged, version {version}{paused}")
        return
    new = "new, " if plan.is_new else ""
    say(f"{plan.policy.model}: {new}version {version}{paused}")
    for change in plan.changes:
        say(f"  {change!s}")
