"""The triggers that read no data, judged together."""

from pathlib import Path

import pytest

from auto_retrain import triggers
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.model_state import ModelState
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.triggers import TRIGGERS, Verdicts, all_met, enabled_triggers, first_observed, judge_triggers
from auto_retrain.triggers.base import Evidence, Trigger
from tests.unit.builders import NOON, a_policy

DEGRADED = MetricReading(value=0.5, rows=5000, points=30, newest_at=NOON)


def judged(policy: Policy) -> Verdicts:
    triggers = enabled_triggers(policy, reads_data=False)
    readings = {TriggerType.PERFORMANCE_DEGRADATION: (DEGRADED,)}
    return judge_triggers(triggers, policy, Evidence(ModelState(model_name="churn"), readings), NOON)


def test_the_strongest_reason_comes_first() -> None:
    verdicts = judged(a_policy())
    assert all_met(verdicts)[0] is TriggerType.PERFORMANCE_DEGRADATION


def test_a_trigger_that_is_not_enabled_is_not_judged() -> None:
    policy = a_policy(triggers={"enabled": ["data_drift"]})
    verdicts = judged(policy)
    assert not verdicts
    assert all_met(verdicts) == []


def test_a_trigger_that_is_only_observed_calls_for_nothing() -> None:
    verdicts = judged(
        a_policy(triggers={"observe_only": ["performance_degradation"], "enabled": ["performance_degradation"]})
    )
    assert all_met(verdicts) == []
    assert first_observed(verdicts) is TriggerType.PERFORMANCE_DEGRADATION


def test_an_observed_trigger_does_not_affect_the_others() -> None:
    assert all_met(judged(a_policy(triggers={"observe_only": ["performance_degradation"]}))) == [TriggerType.SCHEDULED]


def test_every_kind_but_the_manual_one_is_registered_once() -> None:
    kinds = [trigger.kind for trigger in TRIGGERS]
    assert sorted(kinds) == sorted(set(TriggerType) - {TriggerType.MANUAL})


def test_the_triggers_that_read_metrics_are_those_that_have_queries() -> None:
    enabled = [trigger.kind.value for trigger in TRIGGERS]
    policy = a_policy(metric={"source": "prediction_log"}, triggers={"enabled": enabled})
    asking = [trigger for trigger in TRIGGERS if trigger.queries(policy, ModelState(model_name="churn"), NOON)]
    assert [trigger for trigger in TRIGGERS if trigger.reads_metrics] == asking


def test_a_trigger_is_in_the_file_of_its_name_and_every_file_is_registered() -> None:
    of_drift = {"drift_scores", "feature_drift", "overall_drift", "seasonal_drift"}
    helpers = {"__init__", "base", "estimate_trust", "score_estimates", *of_drift}
    files = {path.stem for path in Path(triggers.__file__).parent.glob("*.py")} - helpers
    assert {trigger.kind.value for trigger in TRIGGERS} == files


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda trigger: trigger.kind.value)
def test_the_checks_of_a_trigger_are_named_after_it(trigger: Trigger) -> None:
    state = ModelState(model_name="churn")
    readings = {trigger.kind: tuple(DEGRADED for _ in trigger.queries(a_policy(), state, NOON))}
    verdicts = trigger.judge(a_policy(), Evidence(state, readings), NOON)
    assert all(verdict.check.startswith(trigger.kind.value) for verdict in verdicts)
