"""The fleet's limits: how much room there is, and which models go first."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.fleet import FleetLimits, FleetUsage, SweepMark
from auto_retrain.domain.model_state import ModelState
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.holds.fleet import fleet_holds, retrained_in_30_days, room, urgency
from tests.unit.builders import NOON

PERFORMANCE, SCHEDULED = TriggerType.PERFORMANCE_DEGRADATION, TriggerType.SCHEDULED


def test_jobs_of_thirty_days_count_up_to_the_event() -> None:
    days = (-31, -30, -29, 0, 1)
    state = ModelState(model_name="c", attempts=tuple(NOON + timedelta(days=day) for day in days))
    assert retrained_in_30_days(state, NOON) == 2


def test_the_tighter_limit_is_the_one_reported() -> None:
    usage = FleetUsage(active_jobs=8, retrained_in_30_days=99)
    count, hold = room(FleetLimits(concurrent_jobs=10, monthly_retrainings=100), usage)
    assert (count, hold.kind) == (1, "fleet_budget")
    for retrainings in (101, 1000):  # 101 leave as much room as the jobs
        count, hold = room(FleetLimits(concurrent_jobs=10, monthly_retrainings=retrainings), usage)
        assert (count, hold.kind) == (2, "fleet_jobs")


@given(st.integers(1, 1000), st.integers(1, 1000), st.integers(0, 2000), st.integers(0, 2000))
def test_there_is_never_more_room_than_either_limit_leaves(jobs: int, budget: int, active: int, used: int) -> None:
    limits = FleetLimits(concurrent_jobs=jobs, monthly_retrainings=budget)
    count, _ = room(limits, FleetUsage(active_jobs=active, retrained_in_30_days=used))
    assert count >= 0
    assert count == 0 or (active + count <= jobs and used + count <= budget)


def test_degraded_models_go_first_then_those_that_have_waited_longest() -> None:
    never = ModelState(model_name="a")
    long_ago = ModelState(model_name="b", last_retrained_at=NOON - timedelta(days=90))
    recent = ModelState(model_name="c", last_retrained_at=NOON)
    order = sorted(
        [(SCHEDULED, never), (SCHEDULED, recent), (PERFORMANCE, recent), (PERFORMANCE, long_ago)],
        key=lambda due: urgency(*due),
    )
    assert [(trigger, state.model_name) for trigger, state in order] == [
        (PERFORMANCE, "b"),
        (PERFORMANCE, "c"),
        (SCHEDULED, "a"),
        (SCHEDULED, "c"),
    ]


@pytest.mark.parametrize(("used", "held"), [(0, False), (10, False), (11, True)])
def test_the_fleet_budget_holds_once_it_is_exceeded(used: int, held: bool) -> None:
    mark = SweepMark(at=NOON, models=1, usage=FleetUsage(active_jobs=0, retrained_in_30_days=used))
    assert bool(fleet_holds(FleetLimits(monthly_retrainings=10), mark, NOON)) is held


def test_before_the_first_sweep_the_fleet_holds_nothing_back() -> None:
    assert fleet_holds(FleetLimits(), None, NOON) == []
