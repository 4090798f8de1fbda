"""Winter is no drift where it is known: what is as it was in the same days a year before has not drifted."""

from datetime import date, timedelta
from math import pi, sin

import numpy as np
import pytest

from auto_retrain.domain.messages.triggering import TriggerDecision
from auto_retrain.domain.policy.data import DriftPolicy, OverallDriftPolicy
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.triggers.seasonal_drift import unless_seasonal
from auto_retrain.usecases.triggering.drift_evidence import judge_drift_now
from auto_retrain.usecases.triggering.replay_decision import replay_decisions
from tests.unit.builders import NOON
from tests.unit.usecases.drift_world import check_drift, columns, world_with_features
from tests.unit.usecases.world import World

TODAY = NOON.date()
YEAR = timedelta(weeks=52)


def seasonal_world(live_age: float, age_a_year_before: float | None, rows_a_day: int = 200, **drift: object) -> World:
    """Five live days after ten of the reference, and perhaps the same five days a year before."""
    world = world_with_features(live_age=live_age)
    policy = DriftPolicy.model_validate({"seasonal": True, **drift}, strict=False)
    world.ports.policies.apply(world.policy.changed(drift=policy), "ada", NOON)
    if age_a_year_before is not None:
        for back in range(1, 6):
            put(world, TODAY - YEAR - timedelta(days=back), age_a_year_before, rows_a_day)
    return world


def put(world: World, day: date, age: float, rows: int = 200) -> None:
    uri = f"s3://data/churn/date={day}/part-0.parquet"
    world.ports.data.add_partition("churn", day, uri.encode())
    world.ports.tables.by_uri[uri] = columns(np.random.default_rng(day.toordinal()), age, rows)


def checked(world: World) -> TriggerDecision:
    return check_drift(world)


def test_what_is_as_it_was_a_year_before_starts_nothing_and_says_why() -> None:
    decision = checked(seasonal_world(60, age_a_year_before=60))
    assert (decision.next, decision.held_by) == ("skip", None)
    assert "of 'age' exceeds 0.25" in decision.reason
    assert ", but it is as it was in the same days a year before (PSI 0.0" in decision.reason
    (age,) = (verdict for verdict in decision.verdicts if verdict.check == "data_drift:age")
    assert age.outcome is Outcome.UNMET


def test_what_is_new_this_year_is_drift() -> None:
    decision = checked(seasonal_world(60, age_a_year_before=40))
    assert decision.next == "start"
    assert "and it is not as it was in the same days a year before either" in decision.reason


def test_a_policy_that_does_not_ask_for_it_calls_winter_drift() -> None:
    world = seasonal_world(60, age_a_year_before=60, seasonal=False)
    decision = checked(world)
    assert decision.next == "start"
    assert "a year before" not in decision.reason


@pytest.mark.parametrize(
    ("age_a_year_before", "rows_a_day", "why"), [(None, 0, "only 0 rows"), (60.0, 20, "only 100 rows")]
)
def test_without_enough_rows_a_year_before_drift_is_drift(
    age_a_year_before: float | None, rows_a_day: int, why: str
) -> None:
    decision = checked(seasonal_world(60, age_a_year_before, rows_a_day))
    assert decision.next == "start"
    assert f"; the same days a year before cannot tell: {why}" in decision.reason


def test_data_of_a_year_before_that_cannot_be_read_do_not_hide_drift() -> None:
    world = seasonal_world(60, age_a_year_before=60)
    day = TODAY - YEAR - timedelta(days=1)
    world.ports.tables.by_uri[f"s3://data/churn/date={day}/part-0.parquet"].clear()
    decision = checked(world)
    assert decision.next == "start"
    assert "; the same days a year before cannot be read: " in decision.reason


def forget(world: World, feature: str) -> None:
    """One day of the year before has no such column."""
    day = TODAY - YEAR - timedelta(days=1)
    del world.ports.tables.by_uri[f"s3://data/churn/date={day}/part-0.parquet"][feature]


def test_a_feature_that_is_new_this_year_leaves_the_season_of_the_others_known() -> None:
    world = seasonal_world(60, age_a_year_before=60)
    forget(world, "plan")
    decision = checked(world)
    assert decision.next == "skip"
    assert ", but it is as it was in the same days a year before" in decision.reason


def test_a_feature_that_is_new_this_year_has_no_season() -> None:
    world = seasonal_world(60, age_a_year_before=60)
    forget(world, "age")
    decision = checked(world)
    assert decision.next == "start"
    assert "a year before" not in decision.reason


def test_all_features_together_have_no_season_if_one_of_them_is_new() -> None:
    overall = OverallDriftPolicy(threshold=0.05, observe_only=False)
    world = seasonal_world(44, 44, overall=overall.model_dump())
    forget(world, "plan")
    assert checked(world).next == "start"


def test_a_feature_that_may_have_moved_since_last_year_is_not_acquitted_for_want_of_proof() -> None:
    drifted = Verdict(check="data_drift:age", outcome=Outcome.MET, reason="drifted", value=0.5, limit=0.25)
    alike = drifted.changed(outcome=Outcome.UNMET, value=0.1)
    by_chance = drifted.changed(outcome=Outcome.UNMET, value=0.4)
    assert unless_seasonal(drifted, alike).outcome is Outcome.UNMET
    assert unless_seasonal(drifted, by_chance).met
    assert unless_seasonal(drifted, None) == drifted
    assert unless_seasonal(alike, drifted) == alike


def test_a_feature_without_a_finite_number_a_year_before_acquits_nothing() -> None:
    world = seasonal_world(60, age_a_year_before=60)
    for back in range(1, 6):
        rows = world.ports.tables.by_uri[f"s3://data/churn/date={TODAY - YEAR - timedelta(days=back)}/part-0.parquet"]
        rows["age"] = rows["age"] * np.inf
    assert checked(world).next == "start"


def test_all_features_together_are_compared_with_a_year_before_as_well() -> None:
    overall = OverallDriftPolicy(threshold=0.05, observe_only=False)
    assert checked(seasonal_world(44, None, overall=overall.model_dump())).next == "start"
    decision = checked(seasonal_world(44, 44, overall=overall.model_dump()))
    assert decision.next == "skip"
    assert "the mean PSI of 2 features" in decision.verdicts[-3].reason
    assert "but it is as it was in the same days a year before" in decision.verdicts[-3].reason


def test_a_year_before_is_read_only_if_something_drifted() -> None:
    world = seasonal_world(40, age_a_year_before=60)
    for back in range(1, 6):
        day = TODAY - YEAR - timedelta(days=back)
        del world.ports.tables.by_uri[f"s3://data/churn/date={day}/part-0.parquet"]
    assert "a year before" not in checked(world).reason


def test_such_a_decision_is_replayed_from_what_was_kept() -> None:
    world = seasonal_world(60, age_a_year_before=60)
    checked(world)
    world.ports.tables.by_uri.clear()
    (replay, *_) = replay_decisions("churn", 1, world.ports)
    assert replay.is_same
    assert replay.has_same_words


@pytest.mark.parametrize("seasonal", [False, True])
def test_a_year_of_seasons_is_drift_only_where_nobody_looks_at_the_year_before(seasonal: bool) -> None:
    world = world_with_features(live_age=40)
    for back in range(1, 800):
        day = TODAY + timedelta(days=365 - back)
        put(world, day, 40 + 10 * sin(2 * pi * (day - TODAY).days / 364), rows=100)
    windows = world.policy.triggers.changed(evaluation_window_days=30, training_window_days=90)
    policy = world.policy.changed(drift=DriftPolicy(seasonal=seasonal), triggers=windows)
    months = [NOON + timedelta(days=30 * month) for month in range(1, 13)]
    alarms = sum(judge_drift_now(policy, at, world.ports).dataset.met for at in months)
    assert alarms == 0 if seasonal else alarms >= 4
