"""Whatever is wrong with the metric of one watched champion, the others are judged."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from auto_retrain.domain.errors import AwsRefused, MetricsUnavailable
from auto_retrain.domain.metric_reading import MetricQuery, MetricReading
from auto_retrain.usecases.after_promotion.read_champions import Champion
from tests.unit.usecases.after_promotion.watch_world import WatchWorld

NAMES = [f"gl-{number:02}" for number in range(12)]
BAD = "gl-05"


@pytest.fixture
def world() -> WatchWorld:
    world = WatchWorld(*NAMES)
    for name in NAMES:
        world.degrade(name, to=0.5)
    return world


def failing(reading: Callable[[MetricQuery], MetricReading], error: Exception, of_level: bool) -> Any:
    def fail(query: MetricQuery) -> MetricReading:
        if query.model_name == BAD and (query.version == "1") == of_level:
            raise error
        return reading(query)

    return fail


@pytest.mark.parametrize("of_level", [False, True])
@pytest.mark.parametrize(
    "error", [ValueError("a bad document"), AwsRefused("a bad name"), MetricsUnavailable("too much for the server")]
)
def test_one_reading_that_fails_costs_no_other_champion_its_verdict(
    monkeypatch: pytest.MonkeyPatch, world: WatchWorld, error: Exception, of_level: bool
) -> None:
    monkeypatch.setattr(world.metrics, "_reading", failing(world.metrics._reading, error, of_level))
    outcome = world.passes(36, every=36)
    assert {name for name in NAMES if world.champion(name) == "2"} == {BAD}
    (problem,) = outcome.problems
    assert BAD in problem


def test_a_level_that_could_not_be_read_is_called_that(monkeypatch: pytest.MonkeyPatch, world: WatchWorld) -> None:
    monkeypatch.setattr(world.metrics, "_reading", failing(world.metrics._reading, ValueError(), True))
    world.passes(8 * 24, every=24)
    final = world.record(BAD).final
    assert final
    assert final.reason == "the level of version 1 is unknown: it could not be read"


def test_a_query_that_cannot_be_made_costs_no_other_champion_its_verdict(
    monkeypatch: pytest.MonkeyPatch, world: WatchWorld
) -> None:
    query = Champion.query

    def fail(champion: Champion, at: datetime) -> MetricQuery | None:
        if champion.name == BAD:
            raise OverflowError
        return query(champion, at)

    monkeypatch.setattr(Champion, "query", fail)
    outcome = world.passes(36, every=36)
    assert {name for name in NAMES if world.champion(name) == "2"} == {BAD}
    assert outcome.problems == (f"{BAD}: unexpected OverflowError, see the log",)


def test_a_source_that_is_away_is_one_problem(world: WatchWorld) -> None:
    world.metrics.error = MetricsUnavailable("away")
    assert world.passes(36, every=36).problems == ("metrics of cloudwatch: MetricsUnavailable: away",)


def test_a_source_that_is_away_when_the_watch_ends_is_asked_for_another_day() -> None:
    world = WatchWorld()
    world.passes(6 * 24, every=24)
    world.degrade(to=0.2)
    world.metrics.error = MetricsUnavailable("away")
    world.passes(30, every=6)
    assert world.record().watch
    world.metrics.error = None
    world.passes()
    assert world.champion() == "1"


def test_a_source_that_stays_away_keeps_no_watch_open() -> None:
    world = WatchWorld()
    world.metrics.error = MetricsUnavailable("away")
    world.passes(8 * 24 + 1)
    final = world.record().final
    assert final
    assert final.reason == "it could not be judged"


def test_policies_that_are_away_when_the_watch_ends_are_asked_for_another_day(monkeypatch: pytest.MonkeyPatch) -> None:
    world = WatchWorld()
    world.passes(6 * 24, every=24)
    with monkeypatch.context() as patched:
        patched.setattr(world.ports.policies, "newest", lambda *_: {})
        world.passes(30, every=6)
    assert world.record().watch
    world.passes()
    final = world.record().final
    assert final
    assert "not worse" in final.reason
