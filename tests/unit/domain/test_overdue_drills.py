"""A policy may demand that the rollback of a model was drilled within some days."""

from datetime import timedelta

import pytest

from auto_retrain.domain.drill import Drill, DrillStep, overdue
from tests.unit.builders import NOON


def a_drill(days_ago: float, problem: str | None = None) -> Drill:
    step = DrillStep(name="files", seconds=1.5, problem=problem)
    at = NOON - timedelta(days=days_ago)
    return Drill(taken_back="2", target="1", live=False, actor="ada", at=at, steps=(step,))


@pytest.mark.parametrize("drill", [None, a_drill(1000), a_drill(1, "the files are gone")])
def test_without_a_demand_nothing_is_overdue(drill: Drill | None) -> None:
    assert overdue(drill, None, NOON) is None


@pytest.mark.parametrize(
    ("drill", "reason"),
    [
        (a_drill(30), None),
        (a_drill(30.1), "the last drill of its rollback was 30 days ago, on 2026-01-30"),
        (a_drill(1, "they are gone"), r"the last drill of its rollback failed on 2026-02-28 \(files: they are gone\)"),
        (None, "its rollback has never been drilled"),
    ],
)
def test_a_good_drill_within_the_time_is_demanded(drill: Drill | None, reason: str | None) -> None:
    text = f"{reason}, and deployment.max_drill_age_days = 30 demands one".replace("\\", "") if reason else None
    assert overdue(drill, 30, NOON) == text
