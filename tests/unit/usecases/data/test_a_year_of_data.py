"""A year of monthly jobs and drift checks: honest features stop nothing, and a broken feed is caught at the first look.

Default windows: 180 days of training, 30 of evaluation. Each day has 100 rows.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.data_checks import check_data_of
from auto_retrain.data_checks.evidence import DataEvidence
from auto_retrain.domain.data_check import DataFinding, DataSummary, WindowSummary
from auto_retrain.domain.drift import FeatureHistogram
from auto_retrain.domain.manifest import DataColumns, DataObject
from auto_retrain.domain.policy.data import DriftPolicy
from auto_retrain.domain.windows import Window
from auto_retrain.triggers.data_drift import judge_drift
from auto_retrain.usecases.data.feature_days import DaySamples
from auto_retrain.usecases.data.read_features import FeatureReader
from auto_retrain.usecases.data.reference_profile import build_profile, count_live
from tests.unit.builders import a_policy
from tests.unit.usecases.data.sampled import sampled_values

FIRST, ROWS, TRAINING, HOLDOUT = date(2024, 1, 1), 100, 180, 30
DAYS = TRAINING + HOLDOUT + 365
HOLIDAYS = {(1, 1), (3, 29), (5, 1), (10, 3), (12, 25), (12, 26)}
FEATURES = ("temperature", "temperature_of_the_day", "month", "rate", "policy_rate", "holiday", "counter", "amount")
DATA = {"prefix": "p", "row_id": "id", "label": "y", "numeric": FEATURES}
POLICY = a_policy(data=DATA, triggers={"min_rows": 300})
COLUMNS = DataColumns(format="parquet", row_id="id", label="y", numeric=FEATURES, categorical=())
SUMMARY = WindowSummary(rows=600, labelled=600, repeated_ids=0, missing_ids=0, distinct_labels=2)


@cache
def a_year() -> list[dict[str, Any]]:
    """Days of rows; the rate near zero walks at random, and six times as fast and upwards in a crisis."""
    random, days, rate = np.random.default_rng(5), [], 0.5
    for number in range(DAYS):
        day = FIRST + timedelta(days=number)
        season, in_crisis = 12 - 12 * np.cos(2 * np.pi * number / 365), 300 < number < 390
        rate = max(0.05, rate + random.normal(0.03 * in_crisis, 0.12 if in_crisis else 0.02))
        of_the_day = {
            "temperature_of_the_day": season + random.normal(0, 2),
            "month": day.month,
            "rate": round(rate, 2),
            "policy_rate": round(rate - rate % 0.25, 2) if number % 42 == 0 else None,
            "holiday": (day.month, day.day) in HOLIDAYS,
        }
        if of_the_day["policy_rate"] is None:
            of_the_day["policy_rate"] = days[-1]["policy_rate"][0]
        rows = {name: np.full(ROWS, float(value)) for name, value in of_the_day.items()}
        rows["temperature"] = random.normal(season, 4, ROWS)
        rows["counter"] = np.arange(number * ROWS, (number + 1) * ROWS) + 0.0
        rows["amount"] = random.lognormal(4, 1, ROWS)
        days.append(rows)
    return days


class Look:
    """What a job and a drift check see at the end of a day; the last `broken` days of the feed may be changed."""

    def __init__(
        self, end: int, change: Callable[[Any], Any] = np.copy, feature: str = "month", broken: int = 0
    ) -> None:
        self.ports = MemoryPorts()
        self.start = end - TRAINING - HOLDOUT
        for number in range(self.start, end):
            rows = dict(a_year()[number])
            if number >= end - broken:
                rows[feature] = change(rows[feature])
            self.ports.tables.by_uri[str(number)] = rows

    def objects(self, start: int, end: int) -> list[DataObject]:
        days = range(self.start + start, self.start + end)
        return [DataObject(uri=str(day), etag="", size=1, date=FIRST + timedelta(days=day)) for day in days]

    def findings(self) -> tuple[list[DataFinding], list[FeatureHistogram]]:
        samples = DaySamples(TRAINING + HOLDOUT, len(FEATURES))
        training, holdout = self.objects(0, TRAINING), self.objects(TRAINING, TRAINING + HOLDOUT)
        window = Window(start=training[0].date, end=holdout[0].date)
        profile = build_profile("churn", COLUMNS, DriftPolicy(), window, training, self.ports)
        histograms = count_live(profile, COLUMNS, holdout, self.ports)
        FeatureReader(COLUMNS, FEATURES, (), self.ports.tables).read([*training, *holdout], [samples])
        values = {name: sampled_values(samples, name, holdout[0].date) for name in FEATURES}
        summary = DataSummary(training=SUMMARY, holdout=SUMMARY, overlap=0)
        return check_data_of(POLICY, DataEvidence(summary, histograms, values)), histograms


def errors_of(findings: list[DataFinding]) -> list[tuple[str, str | None]]:
    return [(finding.check, finding.column) for finding in findings if finding.severity == "error"]


def test_no_job_and_no_drift_check_of_a_year_is_stopped_by_an_honest_feature() -> None:
    for end in range(TRAINING + HOLDOUT, DAYS, 30):
        findings, histograms = Look(end).findings()
        assert errors_of(findings) == []
        assert judge_drift(POLICY, histograms).broken == []


CONVERSIONS: dict[str, Callable[[Any], Any]] = {
    "hundredfold": lambda values: values * 100,
    "fahrenheit": lambda values: values * 1.8 + 32,
    "sign": lambda values: -values,
}


@pytest.mark.parametrize("feature", ["temperature", "temperature_of_the_day"])
@pytest.mark.parametrize("conversion", CONVERSIONS)
@pytest.mark.parametrize("broken", [7, HOLDOUT])
def test_a_converted_feed_is_caught_at_the_first_look(feature: str, conversion: str, broken: int) -> None:
    findings, _ = Look(540, CONVERSIONS[conversion], feature, broken).findings()
    assert errors_of(findings) == [("unit_jump", feature)]


@pytest.mark.parametrize("feature", ["temperature", "temperature_of_the_day", "rate", "counter", "amount", "month"])
@pytest.mark.parametrize("value", [np.nan, 5.0], ids=["empty", "frozen"])
def test_an_emptied_or_frozen_column_is_caught_at_the_first_look(feature: str, value: float) -> None:
    findings, histograms = Look(500, lambda values: np.full(ROWS, value), feature, HOLDOUT).findings()
    if feature == "month" and value == 5:
        # A whole month with one and the same month is what it should be.
        assert errors_of(findings) == []
        return
    assert errors_of(findings) == [("dead_column", feature)]
    assert len(judge_drift(POLICY, histograms).broken) == 1


def test_a_feed_that_stays_frozen_stays_broken_until_all_of_training_is() -> None:
    for broken in (HOLDOUT + 20, HOLDOUT + 100):
        findings, histograms = Look(500, lambda values: np.full(ROWS, 5.0), "amount", broken).findings()
        assert errors_of(findings) == [("dead_column", "amount")]
        assert len(judge_drift(POLICY, histograms).broken) == 1


def test_a_rate_in_a_crisis_is_a_warning_with_numbers() -> None:
    moved = [
        finding
        for end in range(310, 400, 15)
        for finding in Look(end).findings()[0]
        if finding.check == "moved_values" and finding.column == "rate"
    ]
    assert moved
    assert {finding.severity for finding in moved} == {"warning"}
    assert "almost all values of 'rate' in the holdout (" in moved[0].text
