"""Over a year a tight budget is kept up to what was stated, each month begins anew, and nobody is kept in the dark."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.cost import PricedCost
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.fleet import FleetLimits
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.triggering import ExecutionStarted
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.model_state import month_of
from auto_retrain.usecases.triggering.check_triggers import check_triggers
from auto_retrain.usecases.triggering.sweep_models import sweep_models
from tests.unit.announced import escalated
from tests.unit.builders import NOON, a_policy

DAY = timedelta(days=1)
DEGRADED = {"enabled": ["performance_degradation"]}
WEEKLY = {"enabled": ["scheduled"], "schedule_expression": "0 0 * * 0"}
Costs = Callable[[str, datetime], float]


class Fleet:
    """Models that are looked at every day at noon; a job that is opened ends one and a half days later."""

    def __init__(self, costs: Costs, budget: float | None = None) -> None:
        self.ports = MemoryPorts(limits=FleetLimits(budget_month_usd=budget))
        self.ports.clock.advance(NOON - self.ports.clock.now())
        self.costs, self._seen = costs, set[str]()
        self.spent: dict[str, Counter[str]] = defaultdict(Counter)
        self.trained: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, model: str, **triggers: Any) -> None:
        self.ports.policies.apply(a_policy(model=model, triggers=triggers), "ada", NOON)

    def live(self, days: int) -> None:
        for day in range(days):
            self._to(NOON + day * DAY - timedelta(hours=2))
            self._end_jobs()
            self._to(NOON + day * DAY)
            for applied, _ in self.ports.policies.fleet():
                reading = MetricReading(value=0.8, rows=5000, points=30, newest_at=self.ports.clock.now())
                self.ports.metrics.readings[applied.policy.model] = reading
            sweep_models(ScheduledEvent(time=self.ports.clock.now()), self.ports)
            self._carry_out()

    def _to(self, moment: datetime) -> None:
        self.ports.clock.advance(moment - self.ports.clock.now())

    def _carry_out(self) -> None:
        for name in sorted(set(self.ports.executions.started) - self._seen):
            event = self.ports.executions.started[name]
            check_triggers(ExecutionStarted(event=event, execution_arn=f"arn:{name}"), self.ports)
            self._seen.add(name)

    def _end_jobs(self) -> None:
        now = self.ports.clock.now()
        for job in self.ports.jobs.list_active():
            if now - job.created_at < DAY:
                continue
            applied = self.ports.policies.get(job.model_name)
            assert applied is not None
            usd = self.costs(job.model_name, now)
            cost = PricedCost(
                pods=usd,
                functions=0,
                transitions=0,
                stored=0,
                at_most=False,
                unmeasured=False,
                prices_as_of=date(2026, 1, 1),
            )
            ended = job.ordering_pods("train", applied.policy.training, 1, 1).ended(Ending.REJECTED, now).charged(cost)
            self.ports.jobs.close_job(ended, retrained=True)
            assert self.ports.states.get(job.model_name).spent_in(now) > 0
            self.spent[job.model_name][month_of(now)] += usd  # type: ignore[assignment]
            self.trained[job.model_name][month_of(now)] += 1

    def told(self, model: str) -> list[str]:
        """The months in which people were told, each at most once as they see it."""
        ids = {event.event_id for event in escalated(self.ports) if event.model_name == model}
        return sorted(each.removeprefix(f"{model}-budget-") for each in ids)


MONTHS = [f"{2026 + month // 12}-{month % 12 + 1:02}" for month in range(2, 14)]


def test_each_model_is_trained_every_month_within_its_budget_or_its_owner_is_told() -> None:
    def costs(model: str, now: datetime) -> float:
        # Prices rise by half in the middle of September.
        return {"dear": 6.0}.get(model, 1.0) * (1.5 if now >= datetime(2026, 9, 15, tzinfo=now.tzinfo) else 1.0)

    fleet = Fleet(costs)
    fleet.add("degraded", budget_month_usd=5, **DEGRADED)
    fleet.add("weekly", budget_month_usd=3, **WEEKLY)
    fleet.add("dear", budget_month_usd=5, **WEEKLY)
    fleet.add("free", **DEGRADED)
    fleet.live(365)

    for model, budget in (("degraded", 5), ("weekly", 3)):
        assert all(fleet.trained[model][month] for month in MONTHS)
        # Beyond by no more than what one costs more than was forecast, even when a price list changes.
        assert max(fleet.spent[model].values()) <= budget + 0.5
    assert [fleet.trained["degraded"][month] for month in MONTHS] == [5] * 7 + [3] * 5
    assert fleet.told("degraded") == MONTHS
    # A schedule waits for the next month without a word.
    assert fleet.told("weekly") == []
    # What no month can pay is let start once, because nobody knew; from then on its owner hears of it every month.
    assert fleet.trained["dear"].total() == 1
    assert fleet.told("dear") == MONTHS
    assert (fleet.trained["free"].total(), fleet.told("free")) == (182, [])


def test_a_fleet_that_is_due_all_at_once_shares_its_budget_and_nobody_is_left_out() -> None:
    random = np.random.default_rng(18)
    fleet = Fleet(lambda model, now: float(random.uniform(0.04, 0.06)), budget=0.75)
    models = [f"gl-{number:03}" for number in range(6)]
    for model in models:
        fleet.add(model, **DEGRADED)
    fleet.live(365)

    sums = {month: sum(fleet.spent[model][month] for model in models) for month in MONTHS}
    # No job costs more than half as much again as its forecast, and six run at once.
    assert max(sums.values()) <= 0.75 + 6 * 0.02
    assert min(sums[month] for month in MONTHS[1:-1]) > 0.65
    assert all(fleet.trained[model][month] for model in models for month in MONTHS)
    assert all(fleet.told(model) == MONTHS for model in models)
