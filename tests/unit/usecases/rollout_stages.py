"""A world at each stage of a rollout, with the id of its job; the traffic has weights."""

from datetime import timedelta

from auto_retrain.domain.analysis import Analysis, RolloutEvidence
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.usecases.rolling_out.intervene import promote as ask_to_promote
from tests.unit.builders import a_policy
from tests.unit.usecases.world import World, rows

ROUTE = {"adapter": "http_route", "namespace": "serving", "route": "churn", "service": "churn-v{version}"}
CANARY = {"strategy": "canary", "weights": [5, 25], "bake_minutes": 60, "traffic": ROUTE}
SHADOW = {"strategy": "shadow", "bake_minutes": 60, "traffic": ROUTE}
AN_HOUR = timedelta(minutes=61)


def validated(deployment: dict[str, object] = CANARY) -> tuple[World, str]:
    """A challenger, version 2, that may be deployed; version 1 answers every request."""
    triggers = {"evaluation_window_days": 5, "training_window_days": 10}
    world = World(a_policy(triggers=triggers, deployment=deployment))
    job_id = world.scored_job(rows(500, 0.95), rows(500, 0.88))
    world.ports.registry.register("churn", "7")
    world.ports.traffic = world.ports.weights  # type: ignore[assignment]
    world.ports.weights.move("churn", {"1": 100})
    world.validate(job_id)
    return world, job_id


def shadowing() -> tuple[World, str]:
    return validated(SHADOW)


def at_first_weight() -> tuple[World, str]:
    world, job_id = validated()
    world.deploy(job_id)
    looked(world, Analysis())
    return world, job_id


def at_last_weight() -> tuple[World, str]:
    world, job_id = at_first_weight()
    world.deploy(job_id)
    looked(world, Analysis())
    return world, job_id


def unhealthy() -> tuple[World, str]:
    world, job_id = at_last_weight()
    looked(world, Analysis(unhealthy="errors"))
    return world, job_id


def wanted() -> tuple[World, str]:
    """A person does not want to wait any longer."""
    world, job_id = at_first_weight()
    ask_to_promote("churn", "ada", "it is urgent", world.ports)
    return world, job_id


def promoted() -> tuple[World, str]:
    world, job_id = at_last_weight()
    world.deploy(job_id)
    world.close(decision={"job_id": job_id})
    world.ports.clock.advance(AN_HOUR)
    return world, job_id


def looked(world: World, analysis: Analysis) -> None:
    """The present step has baked, and this is what the newest look says."""
    world.ports.clock.advance(AN_HOUR)
    rollout = world.ports.ledger.serving("churn").rollout
    assert rollout is not None
    evidence = RolloutEvidence(
        model_name="churn",
        rollout_id=rollout.job_id,
        step=rollout.step,
        looked_at=world.ports.clock.now(),
        analysis=analysis,
    )
    world.ports.ledger.keep_evidence([evidence])


def serving(world: World) -> ServingRecord:
    return world.ports.ledger.serving("churn")
