"""How often data that did not drift set off a retraining, and how often a real shift does: simulated, through profiles.

Reference figures: independent simulations of decile PSI on equal samples; any of 50 features above 0.25 in 20 % of
looks at n = 200 and hardly ever from n = 500 on; a shift of half a standard deviation has PSI 0.238 in the limit.
"""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.dataset import DataObject, columns_of
from auto_retrain.domain.drift import FeatureHistogram
from auto_retrain.domain.policy import Policy
from auto_retrain.domain.windows import Window
from auto_retrain.triggers.data_drift import judge_drift
from auto_retrain.usecases.reference_profile import build_profile, count_live
from tests.unit.builders import a_policy

NAMES = [f"f{number:02}" for number in range(50)]
DATA = {"prefix": "p", "row_id": "id", "label": "y", "numeric": NAMES}
DAY = Window(start=date(2026, 1, 1), end=date(2026, 1, 2))


def policy(confidence: float, min_rows: int = 1) -> Policy:
    return a_policy(triggers={"confidence": confidence, "min_rows": min_rows}, data=DATA)


LITERAL, CALIBRATED = policy(0), policy(0.95)


def looks(rows: int, count: int, shift: float = 0, seed: int = 0) -> Iterator[list[FeatureHistogram]]:
    """Histograms of fifty independent features, each look with a reference and a live sample of its own."""
    random = np.random.default_rng(seed)
    ports = MemoryPorts()
    for number in range(count):
        objects = []
        for moved, day in ((0, DAY.start), (shift, DAY.end)):
            found = DataObject(uri=f"s3://data/{number}/{day}", etag="e", size=1, date=day)
            ports.tables.by_uri[found.uri] = {name: random.normal(moved, 1, rows) for name in NAMES}
            objects.append(found)
        profile = build_profile("churn", columns_of(LITERAL.data), LITERAL.drift, DAY, objects[:1], ports)
        yield count_live(profile, columns_of(LITERAL.data), objects[1:], ports)


def alarms(judged_by: Policy, rows: int, count: int, shift: float = 0) -> float:
    return float(np.mean([judge_drift(judged_by, found).dataset.met for found in looks(rows, count, shift)]))


@pytest.mark.parametrize(("rows", "expected", "tolerance"), [(100, 1.0, 0.01), (200, 0.20, 0.06), (500, 0.0, 0.01)])
def test_the_bare_rule_raises_false_alarms_on_few_rows(rows: int, expected: float, tolerance: float) -> None:
    assert alarms(LITERAL, rows, 300) == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("rows", [100, 200, 300, 500, 1000])
def test_the_calibrated_rule_raises_hardly_any(rows: int) -> None:
    assert alarms(CALIBRATED, rows, 100) <= 0.02


@pytest.mark.parametrize(("shift", "seen"), [(0.7, 1.0), (0.25, 0.0)])
def test_a_large_shift_is_always_seen_and_a_small_one_never_passes_the_threshold(shift: float, seen: float) -> None:
    assert alarms(CALIBRATED, 2000, 10, shift) == seen
