"""Simulations of how often data without drift trigger a retraining, and how often a real shift does.

Reference figures: independent simulations of decile PSI on equal samples. Any of 50 features exceeds 0.25 in 20 % of
checks at n = 200 and hardly ever from n = 500 on, where 19 % exceed 0.1. A shift by half a standard deviation has PSI
0.238 in the limit, so it exceeds 0.25 in 54 % of checks at n = 1,000 and in 20 % at n = 10,000.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import cache
from itertools import islice
from typing import Any

import numpy as np
import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.drift import FeatureHistogram
from auto_retrain.domain.manifest import DataObject, columns_of
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.verdict import Outcome
from auto_retrain.domain.windows import Window
from auto_retrain.triggers.data_drift import judge_drift
from auto_retrain.usecases.data.reference_profile import build_profile, count_live
from tests.unit.builders import a_policy

NAMES = [f"f{number:02}" for number in range(50)]
DAY = Window(start=date(2026, 1, 1), end=date(2026, 1, 2))
Draw = Callable[[np.random.Generator, float, int], Any]


def policy(confidence: float, threshold: float = 0.25, kind: str = "numeric", names: list[str] = NAMES) -> Policy:
    triggers = {"confidence": confidence, "min_rows": 1, "drift_threshold": threshold}
    return a_policy(triggers=triggers, data={"prefix": "p", "row_id": "id", "label": "y", kind: names})


CALIBRATED = policy(0.95)


def of_customers(customers: int, rows: int = 3000) -> tuple[Policy, Iterator[list[FeatureHistogram]]]:
    """Histograms of a feature that each customer has for life, and of one that is drawn anew for each row."""
    columns = {"prefix": "p", "row_id": "id", "label": "y", "numeric": ["fixed", "free"], "entity": "customer"}
    judged_by = a_policy(triggers={"min_rows": 1, "drift_threshold": 0.1}, data=columns)
    random, ports = np.random.default_rng(customers), MemoryPorts()
    fixed = random.normal(size=1_000_000)

    def drawn(uri: str, those: int, size: int) -> DataObject:
        ids = random.integers(0, fixed.size, those)[np.arange(size) % those]
        ports.tables.by_uri[uri] = {
            "fixed": fixed[ids],
            "free": random.normal(size=size),
            "customer": list(map(str, ids)),
        }
        return DataObject(uri=uri, etag="e", size=1, date=DAY.start)

    def histograms() -> Iterator[list[FeatureHistogram]]:
        reference = drawn("s3://data/reference", 5000, 20_000)
        profile = build_profile("churn", columns_of(judged_by.data), judged_by.drift, DAY, [reference], ports)
        while True:
            yield count_live(profile, columns_of(judged_by.data), [drawn("s3://data/live", customers, rows)], ports)

    return judged_by, histograms()


@pytest.mark.parametrize("customers", [20, 50, 100])
def test_a_few_customers_that_happen_to_differ_are_not_drift(customers: int) -> None:
    # By rows, 84 %, 26 % and 2 % of such checks exceed 0.25.
    judged_by, histograms = of_customers(customers)
    for each in islice(histograms, 20):
        verdicts = judge_drift(judged_by, each)
        outcomes = {verdict.check: verdict.outcome for verdict in verdicts.features}
        assert outcomes["data_drift:fixed"] is Outcome.INCONCLUSIVE
        assert outcomes["data_drift:free"] is Outcome.UNMET


@pytest.mark.parametrize("customers", [500, 1000])
def test_the_p_value_of_customers_keeps_its_level(customers: int) -> None:
    # Of 100 checks, so within two and a half standard errors of 0.022.
    judged_by, histograms = of_customers(customers)
    judged = [judge_drift(judged_by, each).features for each in islice(histograms, 100)]
    p_values = [verdict.p_value for verdicts in judged for verdict in verdicts if verdict.check.endswith("fixed")]
    assert np.mean([p is not None and p <= 0.05 for p in p_values]) <= 0.05 + 0.055
    assert None not in p_values


def test_a_feature_that_does_not_depend_on_the_customer_is_judged_by_its_rows() -> None:
    judged_by, histograms = of_customers(20)
    (each,) = islice(histograms, 1)
    free = next(histogram for histogram in each if histogram.feature == "free")
    moved = free.changed(live=(0, 0, *free.live[:-3], 0))
    assert judge_drift(judged_by, [moved]).dataset.met


def many_levels(random: np.random.Generator, shift: float, rows: int) -> Any:
    """Three thousand equally frequent categories; a shift of 1 replaces 30 % of the rows by new ones."""
    drawn = random.integers(0, 3000, rows)
    return [str(level) for level in np.where(random.random(rows) < 0.3 * shift, drawn + 3000, drawn)]


def test_new_categories_are_seen_among_three_thousand_others() -> None:
    of_levels = policy(0.95, kind="categorical", names=NAMES[:5])
    stable, new = (next(checks(of_levels, 20_000, 1, shift, many_levels)) for shift in (0, 1))
    assert judge_drift(of_levels, stable).dataset.outcome is Outcome.UNMET
    verdict = judge_drift(of_levels, new).dataset
    assert verdict.met
    assert "are categories never seen in training" in verdict.reason


def normal(random: np.random.Generator, shift: float, rows: int) -> Any:
    return random.normal(shift, 1, rows)


def levels(random: np.random.Generator, shift: float, rows: int) -> Any:
    """Two hundred equally frequent categories; a shift of 1 replaces them all."""
    return [str(level) for level in random.integers(0, 200, rows) + int(200 * shift)]


def checks(
    judged_by: Policy, rows: int, count: int, shift: float = 0, draw: Draw = normal
) -> Iterator[list[FeatureHistogram]]:
    """Histograms of fifty independent features; each check has its own reference and live sample."""
    random, ports = np.random.default_rng(rows), MemoryPorts()
    columns = columns_of(judged_by.data)
    for _ in range(count):
        objects = []
        for moved, day in ((0.0, DAY.start), (shift, DAY.end)):
            item = DataObject(uri=f"s3://data/{day}", etag="e", size=1, date=day)
            ports.tables.by_uri[item.uri] = {name: draw(random, moved, rows) for name in judged_by.data.features}
            objects.append(item)
        profile = build_profile("churn", columns, judged_by.drift, DAY, objects[:1], ports)
        yield count_live(profile, columns, objects[1:], ports)


def alarms(judged_by: Policy, rows: int, count: int, shift: float = 0, draw: Draw = normal) -> float:
    """Share of checks that call for a retraining."""
    return share_met(judged_by, checks(judged_by, rows, count, shift, draw))


def share_met(judged_by: Policy, samples: Iterable[list[FeatureHistogram]]) -> float:
    return float(np.mean([judge_drift(judged_by, histograms).dataset.met for histograms in samples]))


@cache
def without_drift(rows: int) -> list[list[FeatureHistogram]]:
    """A hundred checks, or two, that each rule judges: their histograms do not depend on a threshold."""
    return list(checks(CALIBRATED, rows, 200 if rows in (100, 200, 500) else 100))


@pytest.mark.parametrize(
    ("threshold", "rows", "expected", "tolerance"),
    [
        (0.25, 100, 1.0, 0.01),
        (0.25, 200, 0.20, 0.08),
        (0.25, 500, 0.0, 0.01),
        (0.1, 100, 1.0, 0.01),
        (0.1, 200, 1.0, 0.01),
        (0.1, 500, 0.19, 0.08),
    ],
)
def test_the_point_estimate_alone_raises_false_alarms_on_few_rows(
    threshold: float, rows: int, expected: float, tolerance: float
) -> None:
    assert share_met(policy(0, threshold), without_drift(rows)) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("threshold", [0.25, 0.1])
@pytest.mark.parametrize("rows", [100, 200, 300, 500, 1000])
def test_the_calibrated_rule_raises_few_false_alarms(threshold: float, rows: int) -> None:
    # Where 0.1 is no obstacle, only the p values prevent false alarms: from 300 rows on, at about their nominal rate.
    allowed = 0.02 if threshold == 0.25 else 0.12
    assert share_met(policy(0.95, threshold), without_drift(rows)[:100]) <= allowed


@pytest.mark.parametrize(("rows", "expected", "count"), [(1000, 0.54, 20), (10_000, 0.20, 8)])
def test_a_shift_by_half_a_standard_deviation_exceeds_the_threshold_about_as_often_as_it_should(
    rows: int, expected: float, count: int
) -> None:
    judged = [judge_drift(CALIBRATED, histograms) for histograms in checks(CALIBRATED, rows, count, 0.5)]
    drifted = [verdict.met for verdicts in judged for verdict in verdicts.features]
    assert np.mean(drifted) == pytest.approx(expected, abs=0.07)
    assert all(verdicts.dataset.met for verdicts in judged)


@pytest.mark.parametrize(("shift", "expected"), [(0.7, 1.0), (0.25, 0.0)])
def test_a_large_shift_is_always_detected_and_a_small_one_never_exceeds_the_threshold(
    shift: float, expected: float
) -> None:
    assert alarms(CALIBRATED, 2000, 10, shift) == expected


@pytest.mark.parametrize(("rows", "count"), [(300, 20), (500, 20), (5000, 3)])
def test_two_hundred_stable_categories_raise_no_alarm_and_new_ones_do(rows: int, count: int) -> None:
    of_levels = policy(0.95, kind="categorical")
    assert alarms(of_levels, rows, count, draw=levels) == 0
    assert alarms(of_levels, rows, 1, shift=1, draw=levels) == 1
