"""A new champion is judged by its own rows: simulated month after month, through the trigger and the model's holds."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from math import ceil
from typing import Any, NamedTuple

import numpy as np
import pytest

from auto_retrain.domain.metric_points import PointSeries, read_points
from auto_retrain.domain.metric_reading import MetricQuery, MetricReading
from auto_retrain.domain.model_state import ModelState, RejectedJob, Serving, with_attempt
from auto_retrain.domain.policy.policy import AppliedPolicy, Policy
from auto_retrain.holds.model import model_holds
from auto_retrain.triggers.base import Evidence
from auto_retrain.triggers.performance_degradation import PerformanceDegradation
from tests.unit.builders import NOON, a_policy

TRIGGER = PerformanceDegradation()
DAY, MONTHS = timedelta(days=1), 20
# The week goes through every published average: better from Monday to Friday, worse at the weekend.
WEEK = np.array([0.4, 0.4, 0.4, 0.4, 0.4, -1.0, -1.0])


class Metric(NamedTuple):
    """A kind of metric, its levels before and after a decay and after a retraining, and how a day of it is made.

    With `noise` each day has one average around the level, and its rows are not counted. `by_version` it is published
    for each version apart.
    """

    sections: dict[str, dict[str, Any]]
    old: float
    decayed: float
    healthy: float
    rows: int = 0
    noise: float = 0.0
    caught_within: int = 0
    by_version: bool = False

    @property
    def policy(self) -> Policy:
        named = {"version_dimension": "Version"} if self.by_version else {}
        return a_policy(**{**self.sections, "metric": {**self.sections["metric"], **named}})

    @property
    def days_until_judged(self) -> int:
        """How many days it takes until there is enough of a new champion."""
        enough = 7 if self.noise else ceil(500 / self.rows)
        return enough + int(self.sections.get("data", {}).get("label_delay_days", 0))

    def day(self, level: float, number: int, random: np.random.Generator, share: float = 1.0) -> tuple[float, float]:
        """The sum of the samples of a day, and how many there are, for a share of its requests."""
        if self.noise:
            value = level + self.noise * (WEEK[number % 7] + random.standard_normal())
            return min(value, 1.0) if level < 1 else value, 1
        rows = round(self.rows * share)
        return float(random.binomial(rows, level)), rows


DATA = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"]}
ERROR = {
    "performance_metric_scale": "number",
    "performance_metric_direction": "lower_is_better",
    "performance_metric_threshold": 12.5,
}


def average(noise: float, caught_within: int) -> Metric:
    return Metric({"metric": {}}, 0.93, 0.80, 0.945, 0, noise, caught_within)


def error(noise: float, caught_within: int) -> Metric:
    return Metric({"metric": {"name": "mae"}, "triggers": ERROR}, 11.5, 16.0, 11.0, 0, noise, caught_within)


def accuracy(rows: int, caught_within: int, **data: Any) -> Metric:
    sections = {"metric": {"counts_rows": True}, "data": {**DATA, **data}}
    return Metric(sections, 0.93, 0.80, 0.945, rows, 0.0, caught_within)


# The days until a decay to `decayed` is noticed in every month: the mean of all days since the deployment has to cross
# the threshold; ten healthy days came before.
METRICS = {
    "accuracy, 34 rows a day": accuracy(34, 12),
    "accuracy, 200 rows a day": accuracy(200, 5),
    "accuracy, 2,000 rows a day": accuracy(2_000, 4),
    "accuracy, 20,000 rows a day": accuracy(20_000, 3),
    "accuracy, labels a week late": accuracy(2_000, 11, label_delay_days=7),
    "average accuracy, 200 rows a day": average(0.017, 5),
    "average accuracy, 20,000 rows a day": average(0.002, 4),
    "mean error, noisy": error(1.0, 10),
    "mean error, steady": error(0.1, 6),
}


BY_VERSION = {
    f"{name}, by version": METRICS[name]._replace(by_version=True)
    for name in ("accuracy, 2,000 rows a day", "accuracy, labels a week late", "average accuracy, 200 rows a day")
}


@pytest.fixture(params={**METRICS, **BY_VERSION})
def metric(request: pytest.FixtureRequest) -> Metric:
    return {**METRICS, **BY_VERSION}[request.param]


class Production:
    """One model, day by day: what was published, what serves, and what was retrained. Training takes no time."""

    def __init__(self, metric: Metric, seed: int, promotes: bool) -> None:
        self.metric, self.promotes, self.random = metric, promotes, np.random.default_rng(seed)
        self.applied = AppliedPolicy(policy=metric.policy, version=1, applied_at=NOON, applied_by="ada")
        self.published: list[dict[str | None, tuple[float, float]]] = []
        self.state = ModelState(model_name="churn")

    def pass_days(self, levels: Sequence[float]) -> Iterator[int]:
        """The number of each day that ends with a retraining; the first one deploys in any case."""
        for number, level in enumerate(levels):
            self.publish(level)
            if self.is_retrained():
                self.retrain(deploys=self.promotes or not self.state.attempts)
                yield number

    def publish(self, level: float) -> None:
        """A day on which one version serves alone."""
        self._add({self.serving: self._day(level)})

    def publish_canary(self, level: float, challenger: str, of_challenger: float, share: float) -> None:
        """A day on which a challenger answers a share of the requests. Triggers wait for the job that it belongs to."""
        if self.metric.by_version:
            self._add({self.serving: self._day(level, 1 - share), challenger: self._day(of_challenger, share)})
        else:
            self._add({self.serving: self._day((1 - share) * level + share * of_challenger)})

    def deploy(self, version: str) -> None:
        """This version serves from now on, be it new or an earlier one."""
        deployed = Serving(version=version, since=self.now)
        self.state = self.state.changed(deployed=deployed, rejections={}, breaches={})

    def is_retrained(self) -> bool:
        at, policy = self.now, self.applied.policy
        readings = {TRIGGER.kind: tuple(map(self.read, TRIGGER.queries(policy, self.state, at)))}
        (verdict,) = TRIGGER.judge(policy, Evidence(self.state, readings), at)
        return verdict.met and not model_holds(self.applied, self.state, TRIGGER.kind, at, at)

    @property
    def now(self) -> datetime:
        return NOON + len(self.published) * DAY

    @property
    def serving(self) -> str:
        return self.state.serving.version if self.state.serving else "1"

    def read(self, query: MetricQuery) -> MetricReading:
        values, counts, version = PointSeries(), PointSeries(), query.version if query.metric.names_version else None
        for number in range(max((query.start - NOON) // DAY, 0), (query.end - NOON) // DAY):
            day = self.published[number].get(version)
            if day is not None:
                moment = NOON + number * DAY
                values.add(moment, day[0])
                counts.add(moment, day[1])
        return read_points(query, DAY, values, counts)

    def retrain(self, deploys: bool) -> None:
        at, attempts = self.now, with_attempt(self.state.attempts, self.now)
        self.state = self.state.changed(attempts=attempts)
        if deploys:
            self.deploy(str(len(attempts) + 1))
        else:
            rejections = self.state.rejections_with(TRIGGER.kind, RejectedJob(job_id=f"{len(attempts)}", at=at))
            self.state = self.state.changed(rejections=rejections)

    def _day(self, level: float, share: float = 1.0) -> tuple[float, float]:
        return self.metric.day(level, len(self.published), self.random, share)

    def _add(self, by_version: dict[str, tuple[float, float]]) -> None:
        """A metric that does not name versions has only all of them together, under no name."""
        named = self.metric.by_version
        self.published.append({version if named else None: day for version, day in by_version.items()})


def served_for_a_month(metric: Metric, level: float, seed: int, promotes: bool = False) -> Production:
    production = Production(metric, seed, promotes)
    production.deploy("1")
    for _ in range(30):
        production.publish(level)
    return production


def after_the_first_alarm(metric: Metric, seed: int, promotes: bool) -> Production:
    """The champion decayed, the alarm went off, and a healthy one has just been deployed."""
    production = served_for_a_month(metric, metric.old, seed, promotes)
    next(production.pass_days([metric.decayed] * 60))
    return production


@pytest.mark.parametrize("promotes", [True, False])
@pytest.mark.parametrize("level", ["healthy", "old"])
def test_a_healthy_champion_is_not_retrained_for_the_rows_of_the_one_before(
    metric: Metric, level: str, promotes: bool
) -> None:
    """It is better than the one before, or just as good as that was before it decayed, near the threshold."""
    month = [getattr(metric, level)] * 30
    needless = [len(list(after_the_first_alarm(metric, seed, promotes).pass_days(month))) for seed in range(MONTHS)]
    # Judged by the last 30 days, whoever served in them, it is 1.2 to 27, and with late labels one every day. One
    # standard error is at most 0.11 here; none in 20 months of a better champion are below 0.15 with 95 %.
    assert np.mean(needless) <= (0.0 if level == "healthy" else 0.2)


def test_a_champion_that_decays_itself_is_noticed_in_every_month(metric: Metric) -> None:
    delays = []
    for seed in range(MONTHS):
        production = after_the_first_alarm(metric, seed, promotes=False)
        levels = [metric.healthy] * 10 + [metric.decayed] * 30
        delays.append(next((day - 9 for day in production.pass_days(levels) if day >= 10), 99))
    assert max(delays) <= metric.caught_within


def test_a_champion_that_was_bad_from_the_beginning_is_noticed_as_soon_as_there_is_enough_of_it(metric: Metric) -> None:
    delays = []
    for seed in range(MONTHS):
        production = after_the_first_alarm(metric, seed, promotes=False)
        delays.append(next(production.pass_days([metric.decayed] * 40), 98) + 1)
    assert max(delays) <= metric.days_until_judged + 1


def after_a_rollback(metric: Metric, level: float, seed: int) -> Production:
    """A version that served alone for five days was bad, and the one before serves again."""
    production = served_for_a_month(metric, level, seed)
    production.deploy("2")
    for _ in range(5):
        production.publish(metric.decayed)
    production.deploy("1")
    return production


@pytest.mark.parametrize("level", ["healthy", "old"])
def test_a_champion_that_serves_again_is_not_retrained_for_the_rows_of_the_version_that_was_rolled_back(
    metric: Metric, level: str
) -> None:
    value = getattr(metric, level)
    needless = [len(list(after_a_rollback(metric, value, seed).pass_days([value] * 30))) for seed in range(MONTHS)]
    # Judged by the last 30 days, whoever served in them, it is up to 5.0.
    assert np.mean(needless) <= (0.0 if level == "healthy" else 0.2)


@pytest.mark.parametrize("name", [name for name, each in BY_VERSION.items() if each.rows])
def test_a_champion_that_serves_again_is_judged_at_once_by_its_own_earlier_rows(name: str) -> None:
    """It had decayed before it was replaced; a week later it serves again, and is no better."""
    metric, waits = BY_VERSION[name], []
    for seed in range(MONTHS):
        production = served_for_a_month(metric, metric.decayed, seed)
        production.deploy("2")
        for _ in range(7):
            production.publish(metric.healthy)
        production.deploy("1")
        waits.append(next(production.pass_days([metric.decayed] * 40), 98) + 1)
    assert max(waits) <= 3


def after_a_canary(metric: Metric, level: float, days: int, seed: int) -> Production:
    """A bad challenger answered a quarter of the requests for some days beside the champion, and was taken back."""
    production = served_for_a_month(metric, level, seed)
    for _ in range(days):
        production.publish_canary(level, "2", metric.decayed, 0.25)
    return production


def test_a_champion_is_not_retrained_for_the_rows_of_a_challenger_that_was_taken_back(metric: Metric) -> None:
    """Two weeks of a canary if the metric names versions, else one day: for longer ones `models apply` warns."""
    days = 14 if metric.by_version else 1
    needless = [
        len(list(after_a_canary(metric, metric.old, days, seed).pass_days([metric.old] * 30))) for seed in range(MONTHS)
    ]
    # Two weeks of a metric that does not name them make it 1.1.
    assert np.mean(needless) <= 0.2
