"""A champion whose rollout was judged by labels is watched by them, too, beside its metric in production."""

from datetime import timedelta
from typing import Any

import pytest

from auto_retrain.domain.policy.judged_by_labels import judged_by_labels
from auto_retrain.domain.policy.policy import Policy
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.after_promotion.watch_world import DAY, HOUR, WatchWorld

CANARY: dict[str, Any] = {"strategy": "canary", "traffic": {"adapter": "router"}}
WEEK = 7 * 24


@pytest.fixture
def world() -> WatchWorld:
    """Both metrics were at 0.9 for two months."""
    world = WatchWorld(**CANARY)
    world.metrics.labelled["churn"] = list(world.metrics.accuracy["churn"])
    return world


def labels_fall(world: WatchWorld, to: float = 0.7) -> None:
    world.metrics.labelled["churn"].append((world.now, to))


def final_reason(world: WatchWorld) -> str:
    final = world.record().final
    assert final is not None
    return final.reason


def test_both_are_read_and_both_levels_are_kept_at_once(world: WatchWorld) -> None:
    world.passes(25)
    watch = world.watch()
    assert watch.level
    assert watch.labelled_level
    assert (watch.level.value, watch.labelled_level.value) == (pytest.approx(0.9), pytest.approx(0.9))
    asked = len(world.metrics.queries)
    world.passes(3)
    assert len(world.metrics.queries) == asked + 2 * 3


def test_a_champion_whose_labels_get_worse_is_taken_back_although_its_metric_is_fine(world: WatchWorld) -> None:
    world.passes(48, every=6)
    labels_fall(world)
    world.passes(72, every=6)
    assert world.champion() == "1"
    reason = world.alert().reason
    assert "labelled accuracy 0." in reason
    assert "needed 80" in reason
    assert "accuracy 0.9000 of version 2, which has served since" in reason
    assert any("labelled accuracy" in message for message in world.messages)


def test_a_champion_whose_metric_gets_worse_is_taken_back_although_its_labels_are_fine(world: WatchWorld) -> None:
    world.passes(48, every=6)
    world.degrade()
    world.passes(72, every=6)
    assert world.champion() == "1"
    assert "labelled accuracy 0.9000 of version 2 against 0.9" in world.alert().reason


def test_a_promotion_that_is_fine_by_both_is_final_and_says_so(world: WatchWorld) -> None:
    world.passes(WEEK, every=8)
    assert final_reason(world).count("not worse by more than the margin and chance") == 2


def test_without_labels_the_promotion_is_provisional_to_the_end_and_the_reason_says_what_was_missing(
    world: WatchWorld,
) -> None:
    del world.metrics.labelled["churn"]
    world.passes(WEEK - 8, every=8)
    assert world.record().final is None
    world.passes(8, every=8)
    reason = final_reason(world)
    assert "the level of version 1 is unknown: none of the logged answers of version 1 in the window has a label" in (
        reason
    )
    assert "accuracy 0.9000 of version 2" in reason


@pytest.mark.parametrize("source", ["prediction_log", "cloudwatch"])
def test_a_source_that_is_away_at_the_end_is_asked_for_a_day_more_although_the_other_is_fine(
    world: WatchWorld, source: str
) -> None:
    world.passes(WEEK - 8, every=8)
    world.metrics.away = {source}
    world.passes(24, every=8)
    assert world.record().final is None
    world.passes(16, every=8)
    assert "not worse" in final_reason(world)
    assert "another metric could not be read" in final_reason(world)


def test_what_the_other_source_says_is_heard_while_one_is_away(world: WatchWorld) -> None:
    world.passes(48, every=6)
    world.metrics.away = {"cloudwatch"}
    labels_fall(world)
    world.passes(72, every=6)
    assert world.champion() == "1"


def test_a_policy_may_have_the_log_as_its_only_metric() -> None:
    world = WatchWorld()
    world.metrics.labelled["churn"] = [(NOON - 90 * DAY, 0.9)]
    world.apply(metric={"source": "prediction_log"})
    world.passes(25)
    assert {query.metric.source for query in world.metrics.queries} == {"prediction_log"}
    level = world.watch().level
    assert level
    assert world.watch().labelled_level is None
    world.metrics.labelled["churn"].append((world.now, 0.7))
    world.passes(72, every=6)
    assert world.champion() == "1"
    assert "needed 40" in world.alert().reason


def test_the_log_knows_the_level_of_a_version_from_before_it_served_last(world: WatchWorld) -> None:
    """The other metric was published without versions, so it counts from `predecessor_since` on."""
    world.passes(WEEK, every=8)
    world.promote(version="3")
    world.passes(25)
    before = {query.metric.source: query for query in world.metrics.queries if query.version == "2"}
    since = NOON + timedelta(days=7)
    levels = {source: query for source, query in before.items() if query.end <= since + HOUR}
    assert levels["prediction_log"].end - levels["prediction_log"].start == 30 * DAY


@pytest.mark.parametrize(
    ("sections", "name"),
    [
        ({"deployment": CANARY}, "accuracy"),
        ({"deployment": CANARY, "regression": "mae"}, "mae"),
        ({"deployment": CANARY, "regression": "rmse"}, "rmse"),
        ({"deployment": CANARY, "regression": "r2"}, "rmse"),
        ({"deployment": {"strategy": "all_at_once"}}, None),
        ({"deployment": CANARY, "metric": {"source": "prediction_log"}}, None),
        ({"deployment": {**CANARY, "requests": {"source": "cloudwatch"}}}, None),
        ({"deployment": {**CANARY, "analysis": {"labelled_quality": {"enabled": False}}}}, None),
        ({"deployment": {**CANARY, "analysis": {"labelled_quality": {"observe_only": True}}}}, None),
    ],
    ids=["canary", "mae", "rmse", "r2", "no rollout", "the log alone", "cloudwatch", "off", "observed"],
)
def test_labels_are_judged_beside_the_metric_where_the_rollout_was_judged_by_them(
    sections: dict[str, Any], name: str | None
) -> None:
    judged = judged_by_labels(_policy(**sections))
    assert (judged.metric.name if judged else None) == name
    if judged:
        assert judged.metric.counts_rows is (name == "accuracy")
        assert judged.triggers.performance_metric_direction == (
            "higher_is_better" if name == "accuracy" else "lower_is_better"
        )


def _policy(regression: str | None = None, **sections: Any) -> Policy:
    if regression:
        data = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"], "task": "regression"}
        sections |= {"data": data, "validation": {"primary_metric": regression}}
    return a_policy(**sections)
