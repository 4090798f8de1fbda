"""Any policy decides in a back-test as a deployment did that swept every five minutes, row by row."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auto_retrain.domain.ending import Ending
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.in_memory import InMemory
from auto_retrain.usecases.back_testing.back_test import SWEEP
from auto_retrain.usecases.ending.end_job import end_as
from auto_retrain.usecases.triggering.sweep_models import sweep_models
from tests.unit.usecases.back_testing.past_days import DAY, START, Levels, the_policy, tried

DAYS = 4
ENDINGS = [Ending.FAILED, Ending.REJECTED, Ending.INCONCLUSIVE, Ending.SKIPPED, Ending.PROMOTED]
OTHERS: list[list[str]] = [[], ["performance_degradation"], ["data_drift"], ["performance_degradation", "data_drift"]]
TRIGGERS = st.fixed_dictionaries(
    {
        "enabled": st.sampled_from([["scheduled", *others] for others in OTHERS]),
        "schedule_expression": st.sampled_from(["0 3 * * *", "0 */6 * * *", "*/30 * * * *", "15 22 * * 5"]),
        "schedule_spread_minutes": st.sampled_from([0, 30, 600]),
        "cool_down_hours": st.sampled_from([0, 1, 5, 12, 24, 30]),
        "daily_cap": st.integers(1, 3),
        "monthly_cap": st.integers(3, 30),
        "max_back_off_days": st.sampled_from([1, 30]),
        "observe_only": st.sampled_from([[], [], ["scheduled"]]),
    }
)
# One that fails each time is held by itself from the next sweep on, first by the cool-down and then by the cap.
FAILS_DAILY = {"enabled": ["scheduled"], "schedule_expression": "0 3 * * *", "cool_down_hours": 12, "daily_cap": 1}
# In the turn of the day the metric is told instead of the schedule, which the next sweep finds.
TURN_ON_SCHEDULE = {"schedule_expression": "*/30 * * * *", "schedule_spread_minutes": 0, "monthly_cap": 3}


class _Deployment:
    """A deployment whose jobs end as soon as they have begun, one after the other as told."""

    def __init__(
        self, triggers: dict[str, Any], levels: Sequence[float], endings: Sequence[Ending], moves: int
    ) -> None:
        windows = {"evaluation_window_days": 1, "training_window_days": 7}
        self.policy = the_policy(confidence=0, min_rows=100, **windows, **triggers)
        self.ports: Any = InMemory(START).ports
        # The very first sweep makes up for the day before, when there was no model yet.
        sweep_models(ScheduledEvent(time=START - SWEEP), self.ports)
        self.ports.policies.apply(self.policy, "ada", START)
        self.ports.metrics = Levels()
        self.ports.metrics.of_day |= {(START + (n - 1) * DAY).date(): level for n, level in enumerate(levels)}
        self._give_data(moves)
        self._endings = cycle(endings)

    def _give_data(self, moves: int) -> None:
        """Rows of each day; customers are older from the day with this number on."""
        random = np.random.default_rng(1)
        for number in range(-10, DAYS):
            day = (START + number * DAY).date()
            uri = self.ports.data.add_partition("churn", day, f"{day}".encode())
            self.ports.tables.by_uri[uri] = {"age": random.normal(70 if number >= moves else 40, 10, 400)}

    def live(self, asked: Sequence[datetime]) -> None:
        for number in range(DAYS * (DAY // SWEEP)):
            at = START + number * SWEEP
            for moment in (each for each in asked if at - SWEEP < each <= at):
                self._move_to(moment)
                request = {"actor": "ada", "reason": "new labels", "event_time": moment.isoformat()}
                self.ports.executions.start(f"ada-{moment}", {"model_name": "churn", **request})
                self._end_jobs()
            self._move_to(at)
            sweep_models(ScheduledEvent(time=at), self.ports)
            self._end_jobs()
        self._move_to(START + DAYS * DAY)

    def _move_to(self, at: datetime) -> None:
        self.ports.clock.advance(at - self.ports.clock.now())

    def _end_jobs(self) -> None:
        for job in self.ports.jobs.list_active():
            ending = next(self._endings)
            end_as(job, ending, "out of memory" if ending is Ending.FAILED else None, self.ports)


@settings(max_examples=settings.default.max_examples // 20, deadline=None)
@given(
    triggers=TRIGGERS,
    levels=st.lists(st.sampled_from([0.95, 0.9]), min_size=DAYS, max_size=DAYS),
    endings=st.lists(st.sampled_from(ENDINGS), min_size=1, max_size=3),
    asked=st.sets(st.timedeltas(timedelta(), (DAYS - 1) * DAY), max_size=2),
    moves=st.integers(0, DAYS),
)
@example(FAILS_DAILY, [0.95] * DAYS, [Ending.FAILED], set(), DAYS)
@example(TURN_ON_SCHEDULE, [0.9] * DAYS, [Ending.FAILED], set(), DAYS)
def test_a_back_test_lists_what_a_deployment_did_and_held_back(
    triggers: dict[str, Any], levels: list[float], endings: list[Ending], asked: set[timedelta], moves: int
) -> None:
    deployment = _Deployment(triggers, levels, endings, moves)
    deployment.live(sorted(START + each for each in asked))
    really = [
        (each.event_time, each.trigger_type, each.outcome, each.held_by)
        for each in deployment.ports.decisions.recent("churn", 1000)[::-1]
        if each.event_time >= START  # the schedule fired last before the first day
    ]
    again = tried(deployment.policy, DAYS, deployment.ports)
    assert [(each.at, each.trigger_type, each.outcome, each.held_by) for each in again.decisions] == really
