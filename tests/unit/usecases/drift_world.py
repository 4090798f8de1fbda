"""A world whose model has features for every day of its drift windows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np

from auto_retrain.domain.messages.triggering import TriggerDecision
from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.usecases.triggering.detect_drift import detect_drift
from tests.unit.builders import NOON
from tests.unit.usecases.world import World

SWEPT = {"model_name": "churn", "trigger_type": "data_drift", "event_time": NOON.isoformat()}


def world_with_features(live_age: float, rows_a_day: int = 200) -> World:
    """Five live days and ten reference days; ages around 40 in the reference."""
    world = World()
    world.ports.states.record_retrain("churn", NOON)
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


def check_drift(world: World) -> TriggerDecision:
    return detect_drift(world.check(SWEPT), world.ports)


def promoted_world() -> tuple[World, str]:
    world = world_with_features(live_age=40)
    job_id = world.scored_job(np.tile([True] * 19 + [False], 100))
    world.validate(job_id)
    world.deploy(job_id)
    return world, job_id


def break_live(world: World, change: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    for back in range(1, 6):
        uri = f"s3://data/churn/date={NOON.date() - timedelta(days=back)}/part-0.parquet"
        world.ports.tables.by_uri[uri] = change(dict(world.ports.tables.by_uri[uri]))


def without_age(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: values for name, values in columns.items() if name != "age"}
