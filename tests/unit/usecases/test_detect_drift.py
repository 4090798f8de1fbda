"""Drift starts a retraining only when it is there and can be seen."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from auto_retrain.domain.data_policy import DriftPolicy
from auto_retrain.domain.errors import PromotionRefused
from auto_retrain.domain.messages import JobReference, TriggerDecision
from auto_retrain.domain.metric import MetricReading
from auto_retrain.domain.model_state import Quarantine
from auto_retrain.domain.trigger_config import TriggerType
from auto_retrain.usecases.detect_drift import detect_drift
from auto_retrain.usecases.drift_evidence import find_drift
from auto_retrain.usecases.profile_data import profile_data
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.world import MANUAL, World

SWEPT = {"model_name": "churn", "trigger_type": "data_drift", "event_time": NOON.isoformat()}


def world_with_features(live_age: float, rows_a_day: int = 200) -> World:
    """Five live days and ten reference days; ages around 40 in the reference."""
    world = World()
    world.ports.jobs.record_retrain("churn", NOON)
    world.ports.metrics.readings["churn"] = MetricReading(value=0.95, rows=5000, points=30, newest_at=NOON)
    random = np.random.default_rng(1)
    for back in range(1, 16):
        uri = f"s3://data/churn/date={NOON.date() - timedelta(days=back)}/part-0.parquet"
        age = live_age if back <= 5 else 40.0
        world.ports.tables.by_uri[uri] = columns(random, age, rows_a_day)
    return world


def columns(random: np.random.Generator, age: float, rows: int) -> dict[str, Any]:
    plans = random.choice(np.array(["basic", "full", None], dtype=object), rows, p=[0.6, 0.35, 0.05])
    return {"age": random.normal(age, 10, rows), "plan": plans}


def look(world: World) -> TriggerDecision:
    return detect_drift(world.check(SWEPT), world.ports)


def test_shifted_features_start_a_retraining_that_names_them() -> None:
    world = world_with_features(live_age=60)
    decision = look(world)
    assert (decision.next, decision.trigger_type) == ("start", TriggerType.DATA_DRIFT)
    assert "of 'age' exceeds 0.25" in decision.reason
    assert "plan" not in decision.reason
    assert [verdict.check for verdict in decision.verdicts][-3:] == ["data_drift", "data_drift:age", "data_drift:plan"]
    assert world.job(decision.job_id or "").trigger_type is TriggerType.DATA_DRIFT


def test_features_that_stay_skip_with_the_largest_psi() -> None:
    world = world_with_features(live_age=40)
    decision = look(world)
    assert decision.next == "skip"
    assert "does not exceed 0.25" in decision.reason
    assert world.ports.jobs.model_state("churn").last_drift_check_at == NOON


def test_few_rows_are_not_called_stable() -> None:
    decision = look(world_with_features(live_age=60, rows_a_day=20))
    assert decision.next == "skip"
    assert "drift cannot be judged: only 100 rows" in decision.reason


def test_a_window_without_data_is_not_called_stable() -> None:
    world = world_with_features(live_age=60)
    world.ports.data._partitions.clear()
    assert "only 0 rows" in look(world).reason


def test_a_repeated_state_finds_its_own_job() -> None:
    world = world_with_features(live_age=60)
    checked = world.check(SWEPT)
    first = detect_drift(checked, world.ports)
    assert detect_drift(checked, world.ports) == first


def test_the_reference_is_what_the_serving_version_learned_from() -> None:
    world = world_with_features(live_age=60)
    job_id = world.scored_job(np.tile([True] * 19 + [False], 100))
    world.validate(job_id)
    world.deploy(job_id)
    deployed = world.ports.ledger.current("churn")
    assert deployed is not None
    assert deployed.windows.training.end == date(2026, 2, 24)


def test_a_thousand_drifted_features_fit_into_the_state() -> None:
    names = [f"feature_{number:04}_of_many" for number in range(1000)]
    data = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": names}
    world = World(a_policy(triggers={"evaluation_window_days": 5, "training_window_days": 10}, data=data))
    world.ports.jobs.record_retrain("churn", NOON)
    for back in range(1, 16):
        uri = f"s3://data/churn/date={NOON.date() - timedelta(days=back)}/part-0.parquet"
        values = np.arange(200.0) + (1000 if back <= 5 else 0)
        world.ports.tables.by_uri[uri] = dict.fromkeys(names, values)
    decision = look(world)
    assert decision.next == "start"
    assert decision.reason.endswith("and 995 more features")
    assert len(decision.model_dump_json()) < 30_000


def break_live(world: World, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    for back in range(1, 6):
        uri = f"s3://data/churn/date={NOON.date() - timedelta(days=back)}/part-0.parquet"
        world.ports.tables.by_uri[uri] = change(dict(world.ports.tables.by_uri[uri]))


def without_age(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: values for name, values in columns.items() if name != "age"}


BROKEN: list[tuple[Any, str]] = [
    (without_age, "lacks the columns age"),
    (lambda columns: {**columns, "age": np.full(200, np.nan)}, "'age' has no value in any of 1000 rows"),
    (lambda columns: {**columns, "age": np.full(200, 40.0)}, "'age' is one and the same value in all of 1000 rows"),
]


@pytest.mark.parametrize(("change", "told"), BROKEN)
def test_broken_data_are_quarantined_and_their_owner_is_told_once(change: Any, told: str) -> None:
    world = world_with_features(live_age=60)
    break_live(world, change)
    decision = look(world)
    assert (decision.next, decision.held_by) == ("skip", "quarantine")
    assert told in decision.reason
    look(world)
    first, repeated = world.ports.events.published
    assert repeated.event_id == first.event_id
    world.ports.clock.advance(timedelta(days=1))
    later = {**SWEPT, "event_time": (NOON + timedelta(days=1)).isoformat()}
    detect_drift(world.check(later, execution="arn:later"), world.ports)
    assert len(world.ports.events.published) == 2
    event = first
    assert event.kind == "quarantined"
    assert "team@example.com" in event.text
    assert told in event.text
    assert world.ports.decisions.recent("churn", 1)[0].outcome == "suppressed"


def test_a_quarantined_model_is_not_retrained_until_its_data_are_in_order_again() -> None:
    world = world_with_features(live_age=60)
    broken = world_with_features(live_age=60)
    break_live(broken, without_age)
    healthy = dict(world.ports.tables.by_uri)
    world.ports.tables.by_uri.update(broken.ports.tables.by_uri)
    look(world)
    held = world.check({**MANUAL, "force": True}, execution="arn:forced")
    assert held.held_by == "quarantine"
    world.ports.tables.by_uri.update(healthy)
    decision = detect_drift(world.check(SWEPT, execution="arn:later"), world.ports)
    assert decision.next == "start"
    assert [event.kind for event in world.ports.events.published] == ["quarantined", "quarantine_lifted", "started"]


def test_data_that_cannot_be_judged_do_not_lift_a_quarantine() -> None:
    world = world_with_features(live_age=40, rows_a_day=10)
    world.ports.jobs.set_quarantine("churn", Quarantine(since=NOON, reason="a person said so"))
    look(world)
    assert world.ports.jobs.model_state("churn").quarantine is not None


def test_a_reference_that_cannot_be_read_is_nobody_s_quarantine() -> None:
    world = world_with_features(live_age=60)
    for back in range(6, 16):
        uri = f"s3://data/churn/date={NOON.date() - timedelta(days=back)}/part-0.parquet"
        world.ports.tables.by_uri[uri] = without_age(dict(world.ports.tables.by_uri[uri]))
    decision = look(world)
    assert decision.held_by is None
    assert "what the champion learned from cannot be read" in decision.reason


def test_a_feature_that_is_ignored_is_not_even_read() -> None:
    world = world_with_features(live_age=60)
    world.ports.policies.apply(world.policy.model_copy(update={"drift": DriftPolicy(ignore=("age",))}), "ada", NOON)
    break_live(world, without_age)
    assert look(world).next == "skip"
    assert world.ports.jobs.model_state("churn").quarantine is None


def promoted_world() -> tuple[World, str]:
    world = world_with_features(live_age=40)
    job_id = world.scored_job(np.tile([True] * 19 + [False], 100))
    world.validate(job_id)
    world.deploy(job_id)
    return world, job_id


def test_a_promoted_version_keeps_a_profile_and_later_checks_read_the_live_window_alone() -> None:
    world, job_id = promoted_world()
    report = profile_data(JobReference(job_id=job_id), world.ports)
    assert (report.uri, report.rows, report.features) == ("s3://artifacts/profiles/churn/2.json", 2000, 2)
    world.close(decision={"job_id": job_id})
    read = set()
    batches = world.ports.tables.batches

    def watched(objects: Any, *rest: Any) -> Any:
        read.update(found.date for found in objects)
        return batches(objects, *rest)

    world.ports.tables.batches = watched  # type: ignore[method-assign]
    world.ports.clock.advance(timedelta(days=1))
    later = {**SWEPT, "event_time": (NOON + timedelta(days=1)).isoformat()}
    decision = detect_drift(world.check(later, execution="arn:later"), world.ports)
    assert "does not exceed" in decision.reason
    assert min(read) == NOON.date() - timedelta(days=4)


def test_a_profile_that_is_there_stays_and_one_that_is_missing_is_made_up_for() -> None:
    world, job_id = promoted_world()
    world.close(decision={"job_id": job_id})
    later = {**SWEPT, "event_time": (NOON + timedelta(days=1)).isoformat()}
    world.ports.clock.advance(timedelta(days=1))
    detect_drift(world.check(later, execution="arn:later"), world.ports)
    kept = world.ports.data.read("s3://artifacts/profiles/churn/2.json")
    world.ports.clock.advance(timedelta(days=1))
    profile_data(JobReference(job_id=job_id), world.ports)
    assert world.ports.data.read("s3://artifacts/profiles/churn/2.json") == kept


def test_a_profile_of_other_features_is_made_anew() -> None:
    world, job_id = promoted_world()
    profile_data(JobReference(job_id=job_id), world.ports)
    world.close(decision={"job_id": job_id})
    world.ports.policies.apply(world.policy.model_copy(update={"drift": DriftPolicy(ignore=("plan",))}), "ada", NOON)
    find_drift(world.ports.policies.get("churn").policy, NOON, world.ports)  # type: ignore[union-attr]
    profile = json.loads(world.ports.data.read("s3://artifacts/profiles/churn/2.json"))
    assert [found["feature"] for found in profile["features"]] == ["age"]


def test_nothing_is_profiled_for_a_job_that_deployed_nothing() -> None:
    world = World()
    with pytest.raises(PromotionRefused, match="deployed no version"):
        profile_data(JobReference(job_id=world.open()), world.ports)


def test_breaches_of_drift_are_counted_by_day() -> None:
    world = world_with_features(live_age=60)
    triggers = world.policy.triggers.model_copy(update={"breach_days": 2, "breach_window_days": 3})
    world.ports.policies.apply(world.policy.model_copy(update={"triggers": triggers}), "ada", NOON)
    first = look(world)
    assert (first.next, first.held_by) == ("skip", "breach_days")
    assert "seen on 1 of the last 3 days, 2 are needed" in first.reason
    world.ports.clock.advance(timedelta(days=1))
    later = {**SWEPT, "event_time": (NOON + timedelta(days=1)).isoformat()}
    assert detect_drift(world.check(later, execution="arn:later"), world.ports).next == "start"
