"""A schedule is due once each time it fires, at the model's own offset."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.policy.policy import Policy
from auto_retrain.triggers.scheduled import due_at, judge_schedule
from tests.unit.builders import NOON, a_policy

SUNDAY = datetime(2026, 3, 1, tzinfo=UTC)


def weekly(model: str = "churn", spread: int = 0) -> Policy:
    return a_policy(model=model, triggers={"schedule_expression": "0 0 * * 0", "schedule_spread_minutes": spread})


def test_a_model_that_was_never_retrained_is_due() -> None:
    assert judge_schedule(weekly(), None, NOON).met


def test_a_schedule_is_due_once_each_time_it_fires() -> None:
    assert judge_schedule(weekly(), SUNDAY - timedelta(hours=1), NOON).met
    assert not judge_schedule(weekly(), SUNDAY, NOON).met


def test_a_missed_run_stays_due_and_is_counted() -> None:
    verdict = judge_schedule(weekly(), SUNDAY - timedelta(days=15), SUNDAY + timedelta(days=3))
    assert verdict.met
    assert "due since 2026-03-01 00:00 UTC; 2 earlier runs were missed" in verdict.reason


def test_a_run_that_is_only_late_counts_as_no_missed_run() -> None:
    assert "missed" not in judge_schedule(weekly(), SUNDAY - timedelta(days=1), SUNDAY + timedelta(days=3)).reason


def test_hundreds_of_weekly_models_take_their_turns_within_the_spread() -> None:
    models = [weekly(f"model-{number}", spread=60) for number in range(200)]
    last = SUNDAY - timedelta(days=7) + timedelta(hours=2)
    due = [sum(judge_schedule(model, last, SUNDAY + timedelta(minutes=m)).met for model in models) for m in range(60)]
    assert due[0] < 20
    assert due == sorted(due)
    assert due[-1] == 200
    assert all(later - earlier < 20 for earlier, later in pairwise(due))


@given(st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True), st.integers(0, 1440), st.integers(0, 20_000))
def test_a_models_turn_comes_less_than_the_spread_after_the_schedule(model: str, spread: int, minutes: int) -> None:
    at = SUNDAY + timedelta(minutes=minutes)
    due = due_at(weekly(model, spread), at)
    assert due is not None
    assert timedelta() <= at - due < timedelta(days=7, minutes=spread or 1)
