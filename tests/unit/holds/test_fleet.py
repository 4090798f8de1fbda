"""The fleet's limits: how much room there is, and who goes first."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.fleet import FleetLimits, FleetUsage, SweepMark
from auto_retrain.domain.model_state import ModelState
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.holds.fleet import fleet_holds, room, urgency, usage_of
from tests.unit.builders import NOON

PERFORMANCE, SCHEDULED = TriggerType.PERFORMANCE_DEGRADATION, TriggerType.SCHEDULED


def test_usage_counts_leases_that_are_held_and_jobs_of_thirty_days() -> None:
    states = [
        ModelState(model_name="a", active_job="a-1", lease_expires_at=NOON + timedelta(hours=1), attempts=(NOON,)),
        ModelState(model_name="b", active_job="b-1", lease_expires_at=NOON - timedelta(hours=1)),
        ModelState(model_name="c", attempts=(NOON - timedelta(days=31), NOON - timedelta(days=29))),
    ]
    assert usage_of(states, NOON, NOON) == FleetUsage(active_jobs=1, retrained_in_30_days=2)


def test_the_tighter_limit_is_the_one_that_is_told() -> None:
    usage = FleetUsage(active_jobs=8, retrained_in_30_days=99)
    places, hold = room(FleetLimits(concurrent_jobs=10, monthly_retrainings=100), usage)
    assert (places, hold.kind) == (1, "fleet_budget")
    places, hold = room(FleetLimits(concurrent_jobs=10, monthly_retrainings=1000), usage)
    assert (places, hold.kind) == (2, "fleet_jobs")


@given(st.integers(1, 1000), st.integers(1, 1000), st.integers(0, 2000), st.integers(0, 2000))
def test_there_is_never_more_room_than_any_limit_leaves(jobs: int, budget: int, active: int, used: int) -> None:
    limits = FleetLimits(concurrent_jobs=jobs, monthly_retrainings=budget)
    places, _ = room(limits, FleetUsage(active_jobs=active, retrained_in_30_days=used))
    assert places >= 0
    assert places == 0 or (active + places <= jobs and used + places <= budget)


def test_degraded_models_go_first_then_those_that_waited_longest() -> None:
    never = ModelState(model_name="a")
    long_ago = ModelState(model_name="b", last_retrained_at=NOON - timedelta(days=90))
    lately = ModelState(model_name="c", last_retrained_at=NOON)
    order = sorted(
        [(SCHEDULED, never), (SCHEDULED, lately), (PERFORMANCE, lately), (PERFORMANCE, long_ago)],
        key=lambda due: urgency(*due),
    )
    assert [(trigger, state.model_name) for trigger, state in order] == [
        (PERFORMANCE, "b"),
        (PERFORMANCE, "c"),
        (SCHEDULED, "a"),
        (SCHEDULED, "c"),
    ]


@pytest.mark.parametrize(("used", "held"), [(0, False), (10, False), (11, True)])
def test_the_fleets_budget_holds_once_it_is_overdrawn(used: int, held: bool) -> None:
    mark = SweepMark(at=NOON, models=1, usage=FleetUsage(active_jobs=0, retrained_in_30_days=used))
    assert bool(fleet_holds(FleetLimits(monthly_retrainings=10), mark)) is held


def test_without_a_sweep_nothing_is_known_to_be_used() -> None:
    assert fleet_holds(FleetLimits(), None) == []
