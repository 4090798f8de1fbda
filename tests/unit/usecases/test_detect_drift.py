"""Drift starts a retraining only when it is there and can be seen."""

from datetime import date, timedelta
from typing import Any

import numpy as np

from auto_retrain.domain.messages import TriggerDecision
from auto_retrain.domain.metric import MetricReading
from auto_retrain.domain.policy import TriggerType
from auto_retrain.usecases.detect_drift import detect_drift
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.world import World

SWEPT = {"model_name": "churn", "trigger_type": "data_drift", "event_time": NOON.isoformat()}


def world_with_features(live_age: float, rows_a_day: int = 200) -> World:
    """Five live days and ten reference days; ages around 40 in the reference."""
    world = World()
    world.ports.jobs.record_retrain("churn", NOON)
    world.ports.metrics.readings["churn"] = MetricReading(value=0.95, rows=5000)
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
    assert len(decision.model_dump_json()) < 20_000
