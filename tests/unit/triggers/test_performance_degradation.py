"""When accuracy in production calls for a retraining."""

import numpy as np
import pytest

from auto_retrain.domain.metric import MetricReading
from auto_retrain.domain.policy import TriggerConfig
from auto_retrain.domain.verdict import Outcome
from auto_retrain.triggers.performance_degradation import judge_performance


def outcome(reading: MetricReading, **config: object) -> Outcome:
    return judge_performance(TriggerConfig.model_validate(config, strict=False), reading).outcome


def test_accuracy_clearly_below_the_threshold_is_met() -> None:
    verdict = judge_performance(TriggerConfig(), MetricReading(value=0.9, rows=5000))
    assert verdict.met
    assert verdict.reason.startswith("accuracy 0.9000 is below 0.92 (upper bound 0.90")


def test_accuracy_at_the_threshold_is_not_below_it() -> None:
    assert outcome(MetricReading(value=0.92, rows=5000)) is Outcome.UNMET


def test_accuracy_just_below_may_be_chance() -> None:
    assert outcome(MetricReading(value=0.915, rows=600)) is Outcome.INCONCLUSIVE
    assert outcome(MetricReading(value=0.915, rows=600), confidence=0) is Outcome.MET


def test_without_counted_rows_the_point_value_decides() -> None:
    verdict = judge_performance(TriggerConfig(), MetricReading(value=0.915))
    assert verdict.met
    assert "not counted" in verdict.reason


@pytest.mark.parametrize(
    "reading",
    [
        MetricReading(value=None),
        MetricReading(value=0.5, rows=499),
        MetricReading(value=1.5, rows=5000),
        MetricReading(value=-0.1, rows=5000),
        MetricReading(value=0.5, rows=5000, problem="CloudWatch answered PartialData"),
        MetricReading.model_construct(value=float("nan"), rows=5000, problem=None),
        MetricReading.model_construct(value=float("-inf"), rows=5000, problem=None),
    ],
)
def test_what_is_not_known_is_never_met_and_never_healthy(reading: MetricReading) -> None:
    assert outcome(reading) is Outcome.INCONCLUSIVE


def test_a_healthy_model_rarely_triggers_although_it_is_looked_at_daily() -> None:
    # A model of true accuracy 0.93, looked at on 30 days with 1,000 rows each: the bare rule calls for a retraining
    # in 95 % of such months, the condition on the bound in about 5 %.
    random = np.random.default_rng(6)
    months = random.binomial(1000, 0.93, (1000, 30)) / 1000

    def alarmed(config: TriggerConfig, looks: np.ndarray) -> bool:
        return any(judge_performance(config, MetricReading(value=float(value), rows=1000)).met for value in looks)

    calibrated, bare = TriggerConfig(), TriggerConfig(confidence=0)
    assert np.mean([alarmed(bare, looks) for looks in months]) == pytest.approx(0.955, abs=0.025)
    assert np.mean([alarmed(calibrated, looks) for looks in months]) == pytest.approx(0.053, abs=0.025)
