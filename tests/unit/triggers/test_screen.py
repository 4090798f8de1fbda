"""All triggers that need no data, judged together."""

from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.model_state import ModelState
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.triggers import first_met, screen
from tests.unit.builders import NOON, a_policy

DEGRADED = MetricReading(value=0.5, rows=5000, points=30, newest_at=NOON)


def test_the_strongest_reason_comes_first() -> None:
    verdicts = screen(a_policy(), ModelState(model_name="churn"), DEGRADED, NOON)
    assert first_met(verdicts) is TriggerType.PERFORMANCE_DEGRADATION


def test_a_trigger_that_is_not_enabled_is_not_judged() -> None:
    policy = a_policy(triggers={"enabled": ["data_drift"]})
    verdicts = screen(policy, ModelState(model_name="churn"), DEGRADED, NOON)
    assert not verdicts
    assert first_met(verdicts) is None
