"""How often a good champion is taken back by its labels and its metric together, and how soon a bad one: simulated.

From the counts of days to the verdict, through the functions of the watch; seeded, with one look a day for a week.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import numpy as np
import pytest

from auto_retrain.analysis.champion_watch import judge_champion, level_of
from auto_retrain.domain.labelled_days import LabelledDay, VersionDay, read_days
from auto_retrain.domain.metric_reading import MetricQuery, MetricReading
from auto_retrain.domain.model_state import Serving
from auto_retrain.domain.policy.judged_by_labels import judged_by_labels
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.watch import Level
from auto_retrain.domain.windows import utc_days
from tests.unit.builders import NOON, a_policy

DAY = timedelta(days=1)
MIDNIGHT = NOON - timedelta(hours=12)
DAYS, BEFORE = 7, 30
REPETITIONS = 200
STATED = 0.05
CANARY: Any = {"strategy": "canary", "traffic": {"adapter": "router"}}
METRIC = a_policy(deployment=CANARY)
REGRESSION = a_policy(
    deployment=CANARY,
    data={"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"], "task": "regression"},
)

# The counts of so many days.
Draw = Callable[[Any, int], list[VersionDay]]


def labelled(policy: Policy = METRIC) -> Policy:
    judged = judged_by_labels(policy)
    assert judged
    return judged


def customers(right: float = 0.9, day: float = 0.0, number: int = 1_000, rows_each: int = 1) -> Draw:
    """Each of so many customers a day has only right or only wrong answers."""

    def draw(random: Any, days: int) -> list[VersionDay]:
        rates = np.clip(right + random.normal(0, day, days), 0, 1)
        rows = number * rows_each
        counts = [int(good) * rows_each for good in random.binomial(number, rates)]
        return [VersionDay(answered=rows, labelled=rows, independent=number, good=good) for good in counts]

    return draw


def errors(mean: float = 40.0, day: float = 3.0) -> Draw:
    """Squared errors of a regression, whose root differs so much from day to day."""

    def draw(random: Any, days: int) -> list[VersionDay]:
        roots = random.normal(mean, day, days)
        return [VersionDay(answered=500, labelled=500, independent=500, loss=500 * root**2) for root in roots]

    return draw


def reading(policy: Policy, days: list[VersionDay], end: datetime) -> MetricReading:
    """What a prediction log with these days says at their end."""
    window = {"start": end - len(days) * DAY, "end": end}
    query = MetricQuery(model_name="churn", version="1", metric=policy.metric, data=policy.data, **window)
    known = {
        each: LabelledDay(day=each, files="", known_until=end, versions={"1": counts})
        for each, counts in zip(utc_days(query.start, query.end), days, strict=True)
    }
    return read_days(query, known)


def days_until_taken_back(policies: list[Policy], before: list[Draw], after: list[Draw]) -> list[int | None]:
    """For each simulated watch, the day on which one of the metrics takes the champion back."""
    random = np.random.default_rng(11)
    return [_watched(random, policies, before, after) for _ in range(REPETITIONS)]


def _watched(random: Any, policies: list[Policy], before: list[Draw], after: list[Draw]) -> int | None:
    ends = []
    for policy, past, since in zip(policies, before, after, strict=True):
        level = level_of(
            policy,
            reading(policy, past(random, BEFORE), MIDNIGHT),
            MIDNIGHT,
            Serving(version="1", since=MIDNIGHT - BEFORE * DAY),
            len(policies),
        )
        assert isinstance(level, Level)
        days, champion = since(random, DAYS), Serving(version="2", since=MIDNIGHT)
        for number in range(1, DAYS + 1):
            end = MIDNIGHT + number * DAY
            seen = reading(policy, days[:number], end)
            if judge_champion(policy, level, seen, end, champion, len(policies)).met:
                ends.append(number)
                break
    return min(ends, default=None)


def share_taken_back(ends: list[int | None]) -> float:
    return sum(end is not None for end in ends) / len(ends)


@pytest.mark.parametrize(
    ("policy", "draw"),
    [
        (METRIC, customers()),
        (METRIC, customers(day=0.02)),
        (METRIC, customers(number=150, rows_each=20)),
        (METRIC, customers(right=0.995)),
        (REGRESSION, errors()),
    ],
    ids=["chance", "noisy days", "customers with many rows", "rare errors", "a regression"],
)
def test_a_champion_as_good_as_the_one_before_is_rarely_taken_back_by_either_metric(policy: Policy, draw: Draw) -> None:
    """Both metrics are drawn apart, so that each has its own chance of a false alarm."""
    both = [labelled(policy)] * 2
    assert share_taken_back(days_until_taken_back(both, [draw] * 2, [draw] * 2)) <= STATED


@pytest.mark.parametrize(
    ("policy", "before", "after", "share", "days"),
    [
        (METRIC, customers(), customers(right=0.84), 0.95, 2),
        (METRIC, customers(number=150, rows_each=20), customers(right=0.75, number=150, rows_each=20), 0.95, 4),
        (METRIC, customers(day=0.02), customers(right=0.78, day=0.02), 0.9, 4),
        (REGRESSION, errors(), errors(mean=58), 0.9, 4),
    ],
    ids=["six points", "fifteen points of few customers", "twelve points among noisy days", "a regression"],
)
def test_one_whose_labels_are_clearly_worse_is_taken_back_within_days_although_its_metric_is_fine(
    policy: Policy, before: Draw, after: Draw, share: float, days: int
) -> None:
    ends = days_until_taken_back([labelled(policy)] * 2, [before] * 2, [after, before])
    assert share_taken_back(ends) >= share
    assert median(end for end in ends if end is not None) <= days


def test_the_rows_of_a_few_customers_take_nobody_back_alone() -> None:
    """Ten customers have nearly all rows; what they had to say is little, however many rows it is."""
    policy = labelled()
    day = VersionDay(answered=10_000, labelled=10_000, independent=10, good=5_000)
    level = level_of(
        policy,
        reading(policy, customers()(np.random.default_rng(1), BEFORE), MIDNIGHT),
        MIDNIGHT,
        Serving(version="1", since=MIDNIGHT - BEFORE * DAY),
    )
    assert isinstance(level, Level)
    seen = reading(policy, [day] * 3, MIDNIGHT + 3 * DAY)
    verdict = judge_champion(policy, level, seen, MIDNIGHT + 3 * DAY, Serving(version="2", since=MIDNIGHT))
    assert not verdict.met
    assert verdict.reason == "only 30 independent labelled rows of version 2 are in the window (500 needed)"
