"""Drift starts a retraining only when it exists and can be detected."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from auto_retrain.domain.messages.triggering import TriggerDecision
from auto_retrain.domain.model_state import Quarantine
from auto_retrain.domain.policy.data import DriftPolicy, OverallDriftPolicy
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.usecases.triggering.detect_drift import detect_drift
from tests.unit.announced import announced
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.drift_world import SWEPT, break_live, check_drift, columns, without_age, world_with_features
from tests.unit.usecases.world import EXECUTION, MANUAL, World


def test_shifted_features_start_a_retraining_that_names_them() -> None:
    world = world_with_features(live_age=60)
    decision = check_drift(world)
    assert (decision.next, decision.trigger_type) == ("start", TriggerType.DATA_DRIFT)
    assert "of 'age' exceeds 0.25" in decision.reason
    assert "plan" not in decision.reason
    checks = ["data_drift", "data_drift_overall", "data_drift:age", "data_drift:plan"]
    assert [verdict.check for verdict in decision.verdicts][-4:] == checks
    assert world.job(decision.job_id or "").trigger_type is TriggerType.DATA_DRIFT


def together(threshold: float, *, observe_only: bool) -> World:
    """Ages that moved by 0.4 standard deviations, and what counts as drift of all features together."""
    world = world_with_features(live_age=44)
    overall = OverallDriftPolicy(threshold=threshold, observe_only=observe_only)
    world.ports.policies.apply(world.policy.changed(drift=DriftPolicy(overall=overall)), "ada", NOON)
    return world


def test_features_that_drift_only_together_start_a_retraining_once_the_policy_lets_them() -> None:
    observed = check_drift(together(0.05, observe_only=True))
    assert (observed.next, observed.held_by) == ("skip", None)
    assert [verdict.label for verdict in observed.verdicts if verdict.check == "data_drift_overall"] == [
        "met (only observed)"
    ]
    decision = check_drift(together(0.05, observe_only=False))
    assert (decision.next, decision.trigger_type) == ("start", TriggerType.DATA_DRIFT)
    assert "the mean PSI of 2 features is 0.0" in decision.reason


def test_stable_features_are_skipped_with_the_largest_psi() -> None:
    world = world_with_features(live_age=40)
    decision = check_drift(world)
    assert decision.next == "skip"
    assert "does not exceed 0.25" in decision.reason
    assert world.ports.states.get("churn").last_drift_check_at == NOON


def test_a_few_rows_are_not_called_stable() -> None:
    decision = check_drift(world_with_features(live_age=60, rows_a_day=20))
    assert decision.next == "skip"
    assert "drift cannot be judged: only 100 rows" in decision.reason


def test_a_window_without_data_is_not_called_stable() -> None:
    world = world_with_features(live_age=60)
    world.ports.data._partitions.clear()
    assert "only 0 rows" in check_drift(world).reason


def test_a_repeated_state_finds_its_own_job() -> None:
    world = world_with_features(live_age=60)
    checked = world.check(SWEPT)
    first = detect_drift(checked, world.ports)
    assert detect_drift(checked, world.ports) == first


def test_a_thousand_drifted_features_fit_into_the_state() -> None:
    names = [f"feature_{number:04}_of_many" for number in range(1000)]
    data = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": names}
    world = World(a_policy(triggers={"evaluation_window_days": 5, "training_window_days": 10}, data=data))
    world.ports.states.record_retrain("churn", NOON)
    for back in range(1, 16):
        uri = f"s3://data/churn/date={NOON.date() - timedelta(days=back)}/part-0.parquet"
        values = np.arange(200.0) + (1000 if back <= 5 else 0)
        world.ports.tables.by_uri[uri] = dict.fromkeys(names, values)
    decision = check_drift(world)
    assert decision.next == "start"
    assert decision.reason.endswith("and 995 more features")
    assert len(decision.model_dump_json()) < 30_000


BROKEN: list[tuple[Any, str]] = [
    (without_age, "lacks the columns age"),
    (lambda columns: {**columns, "age": np.full(200, np.nan)}, "'age' has no value in any of 1000 rows"),
    (lambda columns: {**columns, "age": np.full(200, 40.0)}, "'age' has the same value in all 1000 rows"),
]


@pytest.mark.parametrize(("change", "message"), BROKEN)
def test_broken_data_are_quarantined_and_the_owner_is_notified_once(change: Any, message: str) -> None:
    world = world_with_features(live_age=60)
    break_live(world, change)
    decision = check_drift(world)
    assert (decision.next, decision.held_by) == ("skip", "quarantine")
    assert message in decision.reason
    check_drift(world)
    first, repeated = announced(world.ports)
    assert repeated.event_id == first.event_id
    world.ports.clock.advance(timedelta(days=1))
    later = {**SWEPT, "event_time": (NOON + timedelta(days=1)).isoformat()}
    detect_drift(world.check(later, execution="arn:later"), world.ports)
    assert len(announced(world.ports)) == 2
    event = first
    assert event.topic == "quarantine_set"
    assert "team@example.com" in event.sentence
    assert message in event.sentence
    assert world.ports.decisions.recent("churn", 1)[0].outcome == "suppressed"


def test_a_quarantined_model_is_not_retrained_until_its_data_are_repaired() -> None:
    world = world_with_features(live_age=60)
    broken = world_with_features(live_age=60)
    break_live(broken, without_age)
    healthy = dict(world.ports.tables.by_uri)
    world.ports.tables.by_uri.update(broken.ports.tables.by_uri)
    check_drift(world)
    held = world.check({**MANUAL, "force": True}, execution="arn:forced")
    assert held.held_by == "quarantine"
    world.ports.tables.by_uri.update(healthy)
    decision = detect_drift(world.check(SWEPT, execution="arn:later"), world.ports)
    assert decision.next == "start"
    assert [event.topic for event in announced(world.ports)] == ["quarantine_set", "quarantine_lifted", "job_opened"]


BY_HAND = Quarantine(since=NOON, reason="set by hand")


def test_data_that_cannot_be_judged_do_not_lift_a_quarantine() -> None:
    world = world_with_features(live_age=40, rows_a_day=10)
    break_live(world, lambda columns: {**columns, "age": np.full(10, 40.0)})
    world.ports.states.set_quarantine("churn", BY_HAND)
    check_drift(world)
    assert world.ports.states.get("churn").quarantine == BY_HAND


def test_a_few_rows_whose_values_vary_show_that_the_data_are_repaired() -> None:
    world = world_with_features(live_age=40, rows_a_day=10)
    world.ports.states.set_quarantine("churn", BY_HAND)
    check_drift(world)
    assert world.ports.states.get("churn").quarantine is None


def test_a_quarantine_that_nothing_could_end_holds_nothing() -> None:
    world = world_with_features(live_age=40)
    world.ports.states.set_quarantine("churn", BY_HAND)
    assert world.check(MANUAL, execution="arn:first").held_by == "quarantine"
    triggers = world.policy.triggers.changed(enabled=("scheduled",))
    world.ports.policies.apply(world.policy.changed(triggers=triggers), "ada", NOON)
    assert world.check(MANUAL, execution="arn:second").next == "start"


def test_a_dead_column_that_the_policy_tolerates_quarantines_nothing() -> None:
    world = world_with_features(live_age=40)
    data = world.policy.data.changed(tolerate=("dead_column",))
    world.ports.policies.apply(world.policy.changed(data=data), "ada", NOON)
    break_live(world, lambda columns: {**columns, "age": np.full(200, 40.0)})
    assert check_drift(world).held_by is None
    assert world.ports.states.get("churn").quarantine is None


def test_a_quarantine_is_escalated_every_week_and_ends_when_the_data_are_sound() -> None:
    world = world_with_features(live_age=40)
    triggers = world.policy.triggers.changed(training_window_days=60)
    world.ports.policies.apply(world.policy.changed(triggers=triggers), "ada", NOON)
    for back in (*range(-40, 1), *range(16, 66)):
        if back not in range(1, 31):
            world.ports.data.add_partition("churn", NOON.date() - timedelta(days=back), b"rows")
        uri = f"s3://data/churn/date={NOON.date() - timedelta(days=back)}/part-0.parquet"
        sound = columns(np.random.default_rng(100 + back), 40, 200)
        world.ports.tables.by_uri[uri] = sound if back < -24 or back > 5 else {**sound, "age": np.full(200, np.nan)}
    break_live(world, lambda columns: {**columns, "age": np.full(200, np.nan)})
    for day in range(40):
        event = {**SWEPT, "event_time": (NOON + timedelta(days=day)).isoformat()}
        detect_drift(world.check(event, execution=f"arn:{day}"), world.ports)
        world.ports.clock.advance(timedelta(days=1))
    events = {event.event_id: event for event in announced(world.ports)}.values()
    kinds = [event.topic for event in events if event.topic != "job_opened"]
    assert kinds == ["quarantine_set", "quarantine_lasts", "quarantine_lasts", "quarantine_lasts", "quarantine_lifted"]
    reminder = next(event.sentence for event in events if event.topic == "quarantine_lasts")
    assert reminder.startswith("churn has not been retrained since 2026-03-01 because its data are broken: 'age' has")
    assert world.ports.states.get("churn").quarantine is None


def test_an_unreadable_reference_quarantines_nothing() -> None:
    world = world_with_features(live_age=60)
    for back in range(6, 16):
        uri = f"s3://data/churn/date={NOON.date() - timedelta(days=back)}/part-0.parquet"
        world.ports.tables.by_uri[uri] = without_age(dict(world.ports.tables.by_uri[uri]))
    decision = check_drift(world)
    assert decision.held_by is None
    assert "the champion's training data cannot be read" in decision.reason


def test_an_ignored_feature_is_not_even_read() -> None:
    world = world_with_features(live_age=60)
    world.ports.policies.apply(world.policy.changed(drift=DriftPolicy(ignore=("age",))), "ada", NOON)
    break_live(world, without_age)
    assert check_drift(world).next == "skip"
    assert world.ports.states.get("churn").quarantine is None


def test_drift_breaches_are_counted_by_day() -> None:
    world = world_with_features(live_age=60)
    triggers = world.policy.triggers.changed(breach_days=2, breach_window_days=3)
    world.ports.policies.apply(world.policy.changed(triggers=triggers), "ada", NOON)
    first = check_drift(world)
    assert (first.next, first.held_by) == ("skip", "breach_days")
    assert "met on 1 of the last 3 days (2 needed)" in first.reason
    world.ports.clock.advance(timedelta(days=1))
    later = {**SWEPT, "event_time": (NOON + timedelta(days=1)).isoformat()}
    assert detect_drift(world.check(later, execution="arn:later"), world.ports).next == "start"


def _busy() -> World:
    world = world_with_features(live_age=60)
    world.check(MANUAL, execution="arn:manual")
    return world


def _broken() -> World:
    world = world_with_features(live_age=60)
    break_live(world, without_age)
    return world


@pytest.mark.parametrize(
    "make_world",
    [
        lambda: world_with_features(live_age=60),
        lambda: world_with_features(live_age=40),
        lambda: world_with_features(live_age=60, rows_a_day=20),
        _busy,
        _broken,
    ],
    ids=["drifted", "stable", "too few rows", "busy", "broken"],
)
def test_the_decision_is_final_so_the_state_machine_asks_only_once(make_world: Callable[[], World]) -> None:
    world = make_world()
    undecided = TriggerDecision(
        next="detect_drift",
        reason="performance holds",
        model_name="churn",
        trigger_type=TriggerType.DATA_DRIFT,
        event_time=NOON,
        execution_arn=EXECUTION,
    )
    assert detect_drift(undecided, world.ports).next in {"start", "skip"}
