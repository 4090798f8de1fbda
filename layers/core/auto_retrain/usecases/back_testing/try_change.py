"""Tries changed policies on the past before they are applied, where a policy demands that or a person asks for it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from ...domain.back_test import BackTest
from ...domain.back_test_objections import objections
from ...domain.errors import AutoRetrainError, ChangeRefused
from ...domain.people import check_person
from ...domain.windows import Window
from ...ports import Ports
from ..operating.policies import PlannedPolicy
from .back_test import WorldAt, try_policy

_WAY_OUT = "give a reason (--reason TEXT) to apply it all the same"


class Trial(NamedTuple):
    """A planned policy; if it was tried, beside the one in force, and what speaks against it."""

    plan: PlannedPolicy
    days: Window | None = None
    tests: Mapping[str, BackTest] = {}
    objections: Sequence[str] = ()


def try_change(plan: PlannedPolicy, ports: Ports, *, asked: int | None, world_at: WorldAt) -> Trial:
    """Try a policy that has to be tried, or any other change if a person `asked` for so many days.

    That one could not be tried, as when a source is away, speaks against it: nobody can tell what it would have done.
    """
    count = _days(plan, asked)
    if count is None:
        return Trial(plan)
    today = ports.clock.now().date()
    days = Window(start=today - timedelta(days=count), end=today)
    try:
        new = try_policy(plan.policy, days, world_at, ports)
        if plan.in_force is None:
            return Trial(plan, days, {"new": new})
        in_force = try_policy(plan.in_force, days, world_at, ports)
    except AutoRetrainError as error:
        return Trial(plan, days, {}, [f"could not be tried: {error}"])
    return Trial(plan, days, {"in force": in_force, "new": new}, objections(new, in_force))


def consented(trials: Sequence[Trial], reason: str | None) -> list[PlannedPolicy]:
    """The plans, each with the reason of a person noted where something speaks against it.

    Raises:
        ChangeRefused: something speaks against a policy, and no reason is given.
        EventInvalid: the reason cannot be recorded.
    """
    against = [f"{trial.plan.policy.model}: {'; '.join(trial.objections)}" for trial in trials if trial.objections]
    if against and reason is None:
        raise ChangeRefused(f"tried on the past: {'. '.join(against)}. Nothing was applied; {_WAY_OUT}")
    if reason is not None:
        check_person("somebody", reason)
    return [_noted(trial, reason) for trial in trials]


def _noted(trial: Trial, reason: str | None) -> PlannedPolicy:
    note = f"{'; '.join(trial.objections)}; applied all the same: {reason}"
    return trial.plan.changed(note=note) if trial.objections else trial.plan


def _days(plan: PlannedPolicy, asked: int | None) -> int | None:
    wanted = () if plan.is_unchanged else (asked, plan.back_test_days)
    return max((days for days in wanted if days), default=None)
