"""Schedule, drift and what holds a retraining back."""

from datetime import UTC, datetime, timedelta

import pytest

from auto_retrain.domain.drift import FeatureHistogram
from auto_retrain.domain.job import ModelState
from auto_retrain.domain.metric import MetricReading
from auto_retrain.domain.policy import TriggerConfig, TriggerType
from auto_retrain.domain.verdict import Outcome
from auto_retrain.triggers import first_met, screen
from auto_retrain.triggers.data_drift import judge_drift
from auto_retrain.triggers.scheduled import judge_schedule
from auto_retrain.triggers.suppression import drift_check_due, held_back_by
from tests.unit.builders import NOON, a_policy

SUNDAY = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_model_that_was_never_retrained_is_due() -> None:
    assert judge_schedule(TriggerConfig(), None, NOON).met


def test_a_schedule_is_due_once_after_each_of_its_moments() -> None:
    assert judge_schedule(TriggerConfig(), SUNDAY - timedelta(hours=1), NOON).met
    assert not judge_schedule(TriggerConfig(), SUNDAY, NOON).met


def test_a_missed_moment_stays_due() -> None:
    assert judge_schedule(TriggerConfig(), SUNDAY - timedelta(days=1), SUNDAY + timedelta(days=3)).met


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        ((500, 500), Outcome.UNMET),
        ((900, 100), Outcome.MET),
        ((10, 10), Outcome.INCONCLUSIVE),
        ((0, 0), Outcome.INCONCLUSIVE),
    ],
)
def test_drift_is_met_above_its_threshold_and_unknown_on_few_rows(live: tuple[int, ...], expected: Outcome) -> None:
    histogram = FeatureHistogram(feature="age", reference=(500, 500), live=live)
    assert judge_drift(TriggerConfig(), [histogram])[0].outcome is expected


def test_even_a_policy_without_a_minimum_does_not_judge_nothing() -> None:
    histogram = FeatureHistogram(feature="age", reference=(5, 5), live=(0, 0))
    assert judge_drift(TriggerConfig(min_rows=0), [histogram])[0].outcome is Outcome.INCONCLUSIVE


def test_the_strongest_reason_comes_first() -> None:
    verdicts = screen(a_policy(), ModelState(model_name="churn"), MetricReading(value=0.5, rows=5000), NOON)
    assert first_met(verdicts) is TriggerType.PERFORMANCE_DEGRADATION


def test_a_trigger_that_is_not_enabled_is_not_judged() -> None:
    policy = a_policy(triggers={"enabled": ["data_drift"]})
    verdicts = screen(policy, ModelState(model_name="churn"), MetricReading(value=0.5, rows=5000), NOON)
    assert not verdicts
    assert first_met(verdicts) is None


def test_a_running_job_holds_back_until_its_lease_runs_out() -> None:
    state = ModelState(model_name="churn", active_job="churn-1", lease_expires_at=NOON)
    assert "churn-1" in (held_back_by(TriggerConfig(), state, NOON, NOON - timedelta(seconds=1)) or "")
    assert held_back_by(TriggerConfig(), state, NOON, NOON) is None


def test_cool_down_counts_from_the_last_attempt_in_event_time() -> None:
    state = ModelState(model_name="churn", last_attempt_at=NOON)
    assert "cool-down until 2026-03-02T12:00" in (held_back_by(TriggerConfig(), state, NOON, NOON) or "")
    assert held_back_by(TriggerConfig(), state, NOON + timedelta(hours=24), NOON) is None
    assert held_back_by(TriggerConfig(cool_down_hours=0), state, NOON, NOON) is None


def test_drift_is_looked_for_once_a_day() -> None:
    state = ModelState(model_name="churn", last_drift_check_at=NOON)
    assert not drift_check_due(state, NOON + timedelta(hours=23))
    assert drift_check_due(state, NOON + timedelta(hours=24))
    assert drift_check_due(ModelState(model_name="churn"), NOON)
