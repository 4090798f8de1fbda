"""Prints what applying policies changes, or would change."""

from collections.abc import Iterable

from ..domain.policy.policy import AppliedPolicy
from ..usecases.operating.policies import PlannedPolicy
from .printing import plain, print_json


def print_plans(plans: Iterable[tuple[PlannedPolicy, AppliedPolicy | None]], as_json: bool) -> None:
    """Print each plan with what became of it, as soon as it has become that."""
    if as_json:
        print_json([_plan_document(plan, applied) for plan, applied in plans])
        return
    for plan, applied in plans:
        _print_plan(plan, applied)


def _plan_document(plan: PlannedPolicy, applied: AppliedPolicy | None) -> dict[str, object]:
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
        print(f"{plan.policy.model}: unchanged, version {version}{paused}")
        return
    new = "new, " if plan.is_new else ""
    print(f"{plan.policy.model}: {new}version {version}{paused}")
    for change in plan.changes:
        print(f"  {plain(str(change))}")
