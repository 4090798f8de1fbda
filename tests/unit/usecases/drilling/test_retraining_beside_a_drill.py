"""A retraining neither takes a drill for a new champion nor waits for it, and says when a drill is overdue."""

from datetime import timedelta

import pytest

from auto_retrain.domain.drill import Drill
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.usecases.rolling_out.follow import follow
from tests.unit.announced import escalated
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.rollout_stages import CANARY, ROUTE, serving
from tests.unit.usecases.world import EXECUTION, MANUAL, World, rows

ALL_AT_ONCE = {"strategy": "all_at_once", "traffic": ROUTE}


def promoted(deployment: dict[str, object] = ALL_AT_ONCE) -> World:
    """Version 2 serves, trained by our job, and version 1 did before."""
    triggers = {"evaluation_window_days": 5, "training_window_days": 10}
    world = World(a_policy(triggers=triggers, deployment=ALL_AT_ONCE))
    world.ports.traffic = world.ports.weights  # type: ignore[assignment]
    world.ports.weights.move("churn", {"1": 100})
    job_id = world.scored_job(rows(500, 0.92), rows(500, 0.86))
    world.validate(job_id)
    world.deploy(job_id)
    world.close(decision={"job_id": job_id})
    world.policy = a_policy(triggers=triggers, deployment=deployment)
    world.ports.policies.apply(world.policy, "ada", NOON)
    world.ports.clock.advance(timedelta(days=2))
    return world


def begin_drill(world: World) -> None:
    now = world.ports.clock.now()
    change = serving(world).drilled(ModelVersion(number="1"), "bob", now, now + timedelta(minutes=12))
    follow(world.ports.ledger.write(change), world.policy.deployment.traffic, world.ports)
    assert world.ports.registry.champion("churn") == "1"


def open_again(world: World) -> str:
    event = {**MANUAL, "event_time": world.ports.clock.now().isoformat()}
    job_id = world.check(event, f"{EXECUTION}-2").job_id
    assert job_id is not None
    return job_id


def score_again(world: World, job_id: str) -> None:
    world.train(job_id, "3")
    world.start(job_id, "score")
    world.score(job_id, v3=rows(500, 0.99), v2=rows(500, 0.92))
    world.validate(job_id)


def test_a_job_that_starts_during_a_drill_is_compared_with_the_champion() -> None:
    world = promoted()
    begin_drill(world)
    job_id = open_again(world)
    world.start(job_id, "train")
    champion = world.job(job_id).champion
    assert champion == serving(world).champion.version  # type: ignore[union-attr]


def test_a_deployment_during_a_drill_comes_first() -> None:
    world = promoted()
    job_id = open_again(world)
    world.start(job_id, "train")
    score_again(world, job_id)
    begin_drill(world)
    world.deploy(job_id)
    changes = [line.change for line in world.ports.ledger.lines("churn", 3)]
    assert changes == ["promoted", "drill_ended", "drill"]
    assert (serving(world).drill, world.ports.registry.champion("churn")) == (None, "3")


@pytest.mark.parametrize("deployment", [ALL_AT_ONCE, CANARY], ids=["all_at_once", "canary"])
@pytest.mark.parametrize(("days_ago", "is_said"), [(None, True), (40, True), (10, False)])
def test_an_overdue_drill_is_said_and_holds_nothing_back(
    deployment: dict[str, object], days_ago: int | None, is_said: bool
) -> None:
    world = promoted({**deployment, "max_drill_age_days": 30})
    if days_ago is not None:
        at = world.ports.clock.now() - timedelta(days=days_ago)
        drill = Drill(taken_back="2", target="1", live=True, actor="ada", at=at, steps=())
        world.ports.states.record_drill("churn", drill)
    job_id = open_again(world)
    world.start(job_id, "train")
    score_again(world, job_id)
    world.deploy(job_id)
    (line,) = world.ports.ledger.lines("churn", 1)
    texts = [event.sentence for event in escalated(world.ports)]
    assert (line.change in ("promoted", "weight"), "max_drill_age_days" in line.reason) == (True, is_said)
    assert [text.startswith("churn gets a new version, but ") for text in texts] == [True] * is_said


def test_a_first_version_has_nothing_to_drill() -> None:
    triggers = {"evaluation_window_days": 5, "training_window_days": 10}
    world = World(a_policy(triggers=triggers, deployment={"max_drill_age_days": 30}))
    job_id = world.scored_job(rows(500, 0.95), None)
    world.validate(job_id)
    world.deploy(job_id)
    (line,) = world.ports.ledger.lines("churn", 1)
    assert "drill" not in line.reason
