"""A drift waits while an estimate that labels have confirmed says that the quality holds, but not for ever."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from auto_retrain.domain.policy.data import DriftPolicy
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.holds.estimated_quality import holding_estimate, quality_hold
from tests.unit.builders import NOON, a_policy

DAY = timedelta(days=1)
GOOD = Verdict(
    check="estimated_performance",
    outcome=Outcome.UNMET,
    reason="accuracy of version 2 is estimated at 0.94",
    value=0.94,
    limit=0.92,
    interval=(0.92, 0.95),
    evidence="estimated",
)


def waiting(days: int = 10) -> Policy:
    enabled = ["data_drift", "estimated_performance"]
    log = {"source": "prediction_log", "name": "accuracy"}
    triggers = {"enabled": enabled, "performance_metric_threshold": 0.92}
    return a_policy(triggers=triggers, metric=log, drift=DriftPolicy(wait_days_while_quality_holds=days))


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": Outcome.MET},
        {"outcome": Outcome.INCONCLUSIVE},
        {"interval": (0.91, 0.97)},
        {"interval": None},
        {"evidence": "estimated_unchecked"},
        {"check": "performance_degradation"},
    ],
)
def test_an_estimate_that_is_unsure_or_that_no_label_has_checked_lets_nothing_wait(changes: dict[str, Any]) -> None:
    assert holding_estimate(waiting(), [GOOD]) == GOOD
    assert holding_estimate(waiting(), [GOOD.changed(**changes)]) is None


def test_of_a_loss_the_upper_end_counts() -> None:
    policy = waiting()
    triggers = policy.triggers.model_copy(update={"performance_metric_direction": "lower_is_better"})
    policy = policy.model_copy(update={"triggers": triggers})
    low = GOOD.changed(interval=(0.5, 0.92))
    assert holding_estimate(policy, [low]) == low
    assert holding_estimate(policy, [low.changed(interval=(0.5, 0.93))]) is None


def test_it_waits_for_days_from_the_first_day_of_drift_and_says_until_when() -> None:
    policy, first = waiting(days=10), NOON.date()
    hold = quality_hold(policy, GOOD, [first, first + DAY], NOON + 9 * DAY)
    assert hold is not None
    assert hold.reason == (
        "the inputs have moved, but the quality seems to hold: accuracy of version 2 is estimated at 0.94; "
        "held until 2026-03-11, or until it falls"
    )
    assert hold.until is not None
    assert quality_hold(policy, GOOD, [first], hold.until) is None


def test_without_the_policys_word_or_an_estimate_nothing_waits() -> None:
    for drifted in (NOON.date(), (NOON + DAY).date()):  # an old event knows of later days
        assert quality_hold(waiting(days=0), GOOD, [drifted], NOON) is None
    assert quality_hold(waiting(days=10), None, [NOON.date()], NOON) is None


def test_waiting_needs_an_estimate() -> None:
    needed = "needs 'estimated_performance' in triggers.enabled, which may stay observe_only"
    with pytest.raises(ValidationError, match=f"drift.wait_days_while_quality_holds = 10: {needed}"):
        a_policy(drift=DriftPolicy(wait_days_while_quality_holds=10))
