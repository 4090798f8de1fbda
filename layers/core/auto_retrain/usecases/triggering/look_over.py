"""Looks over the fleet, some models at a time, and keeps only what a sweep needs of it afterwards."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from ...domain.fleet import FleetMoney, FleetUsage
from ...domain.policy.policy import AppliedPolicy, PolicyStatus
from ...domain.prices import Prices
from ...domain.schedule import daily_slot
from ...holds.fleet import money_of, retrained_in_30_days
from ...ports import Ports
from ..isolation import Losses
from .due_models import DueModel, Fleet, Member, due_models
from .gather_in_parts import Gathering

# A policy and a state take 30 KB in memory. So many models fill the calls that ask for their metrics.
MODELS_AT_ONCE = 2_500
# Policies are applied by the clocks of people's computers.
_CLOCK_DIFFERENCE = timedelta(minutes=15)


@dataclass
class FleetLook:
    """What a sweep saw: sums of all models, those that may be due, and those that something else is to be done about.

    `paused` and `told` are models in whose turn of the day people may be reminded, or told that a budget's hold is
    over; `listing` policies whose alarms are to be indexed anew.
    """

    money: FleetMoney | None
    models: int = 0
    active_jobs: int = 0
    retrained_in_30_days: int = 0
    candidates: list[DueModel] = field(default_factory=list)
    told: Fleet = field(default_factory=list)
    paused: list[AppliedPolicy] = field(default_factory=list)
    listing: list[AppliedPolicy] = field(default_factory=list)

    @property
    def usage(self) -> FleetUsage:
        """What counts against the fleet's limits, but for its money."""
        return FleetUsage(active_jobs=self.active_jobs, retrained_in_30_days=self.retrained_in_30_days)


def look_over(
    fleet: Iterable[Member], since: datetime, at: datetime, now: datetime, losses: Losses, ports: Ports
) -> FleetLook:
    """Judge the triggers of all models; what goes wrong with one does not affect the others."""
    limits = ports.limits
    prices = None if limits.budget_month_usd is None else ports.prices.current().prices
    look, gathering = FleetLook(_money([], prices, now)), Gathering(at, ports)
    for members in _lots(fleet):
        look.models += len(members)
        look.candidates += due_models(members, since, at, now, losses, gathering)
        look.active_jobs += sum(state.owner_at(now) is not None for _, state in members)
        look.retrained_in_30_days += sum(retrained_in_30_days(state, at) for _, state in members)
        money = _money(members, prices, now)
        look.money = look.money.plus(money) if look.money and money else None
        _keep(look, members, since, at)
    gathering.settle(losses)
    return look


def _lots(fleet: Iterable[Member]) -> Iterator[Fleet]:
    members = iter(fleet)
    while lot := list(islice(members, MODELS_AT_ONCE)):
        yield lot


def _money(members: Fleet, prices: Prices | None, now: datetime) -> FleetMoney | None:
    if prices is None:
        return None
    return money_of(((applied.policy, state) for applied, state in members), prices, now)


def _keep(look: FleetLook, members: Fleet, since: datetime, at: datetime) -> None:
    for applied, state in members:
        is_now = daily_slot(applied.policy.model, at) > since
        if is_now and state.budget_notice and not state.budget_notice.is_over:
            look.told.append((applied, state))
        if is_now and applied.status is PolicyStatus.PAUSED:
            look.paused.append(applied)
        # What was applied lately, and each other policy once a day: an older command line leaves no entries.
        if applied.policy.triggers.alarms and (is_now or applied.applied_at > since - _CLOCK_DIFFERENCE):
            look.listing.append(applied)
