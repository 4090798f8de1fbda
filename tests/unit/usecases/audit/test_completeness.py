"""Whatever is done to a model, its chain holds and has one entry for each record."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from auto_retrain.domain.messages.rolling_out import RollbackRequest
from auto_retrain.proof.canonical import canonical_object
from auto_retrain.usecases.drilling.drill import drill_rollback
from auto_retrain.usecases.operating.policies import pause_model, remove_model, resume_model
from auto_retrain.usecases.operating.quarantine import lift_quarantine
from auto_retrain.usecases.rolling_out import intervene
from auto_retrain.usecases.rolling_out.follow import follow
from auto_retrain.usecases.rolling_out.roll_back import roll_back
from auto_retrain.usecases.rolling_out.traffic_target import target_of
from auto_retrain.usecases.triggering.detect_drift import detect_drift
from auto_retrain.usecases.triggering.record_retraining import record_retraining
from tests.unit.audited import audit_problems
from tests.unit.usecases import rollout_stages as rollouts
from tests.unit.usecases import stages
from tests.unit.usecases.drift_world import SWEPT, break_live, without_age, world_with_features
from tests.unit.usecases.world import EXECUTION, MANUAL, World, rows

FAILED = {"Error": "TrainingFailed", "Cause": "killed"}


def change_the_policy() -> World:
    world = World()
    pause_model("churn", "a holiday", "ada", world.ports)
    resume_model("churn", "ada", world.ports)
    remove_model("churn", "ada", world.ports)
    return world


def not_due() -> World:
    world = world_with_features(live_age=40)
    detect_drift(world.check(SWEPT), world.ports)
    return world


def held() -> World:
    return stages.running()[0]


def rejected() -> World:
    world = World()
    job_id = world.scored_job(rows(500, 0.80), rows(500, 0.88))
    world.validate(job_id)
    world.close(decision={"job_id": job_id})
    return world


def failed() -> World:
    world, _ = stages.running()
    world.close(error=FAILED)
    return world


def first_champion() -> World:
    world, job_id = stages.deployed()
    world.close(decision={"job_id": job_id})
    return world


def champion_from_before() -> World:
    """The version that served before is adopted, and then replaced."""
    world = World()
    job_id = world.scored_job(rows(500, 0.95), rows(500, 0.88))
    world.validate(job_id)
    world.deploy(job_id)
    world.close(decision={"job_id": job_id})
    return world


def intervened() -> World:
    world, _ = rollouts.at_first_weight()
    intervene.pause("churn", "ada", "a holiday", world.ports)
    intervene.resume("churn", "ada", "back again", world.ports)
    return world


def aborted() -> World:
    world = intervened()
    intervene.abort("churn", "ada", "customers complain", world.ports)
    return world


def promoted_by_a_person() -> World:
    world, job_id = rollouts.wanted()
    world.deploy(job_id)
    world.close(decision={"job_id": job_id})
    return world


def unhealthy() -> World:
    world, job_id = rollouts.unhealthy()
    world.deploy(job_id)
    world.close(decision={"job_id": job_id})
    return world


def canary() -> World:
    return rollouts.promoted()[0]


def shadow() -> World:
    world, job_id = rollouts.shadowing()
    world.deploy(job_id)
    return world


def rolled_back() -> World:
    world = canary()
    take_back(world)
    return world


def rolled_back_by_mistake() -> World:
    world = rolled_back()
    world.ports.clock.advance(timedelta(minutes=10))
    take_back(world, to="2")
    return world


def take_back(world: World, to: str | None = None) -> None:
    roll_back(RollbackRequest(model_name="churn", to=to, actor="ada", reason="it is wrong"), world.ports)


def moved_by_somebody() -> World:
    """And moved back, and forth again: each is a line of its own."""
    world = canary()
    for version in ("7", "2", "7"):
        world.ports.clock.advance(timedelta(minutes=10))
        world.ports.registry.set_champion("churn", version)
        compare(world)
        assert rollouts.serving(world).champion_number == version
    return world


def moved_before_any_deployment() -> World:
    world, job_id = stages.running()
    world.ports.registry.register("churn", "7")
    world.ports.registry.set_champion("churn", "7")
    world.close(decision={"job_id": job_id}, error=FAILED)
    return world


def moved_where_nothing_served() -> World:
    world = World()
    job_id = world.open()
    world.start(job_id, "train")
    world.ports.registry.register("churn", "7")
    world.ports.registry.set_champion("churn", "7")
    world.close(decision={"job_id": job_id}, error=FAILED)
    return world


def compare(world: World) -> None:
    record = rollouts.serving(world)
    follow(record, target_of(record, world.ports.policies.get("churn")), world.ports)


def drilled() -> World:
    world = canary()
    drill_rollback("churn", "ada", True, world.ports, wait=lambda _: None)
    return world


def quarantined() -> World:
    world = world_with_features(live_age=80)
    world.give_champion()
    break_live(world, without_age)
    undecided = world.check(SWEPT)
    detect_drift(undecided, world.ports)
    assert world.ports.states.get("churn").quarantine
    return world


def quarantine_lifted() -> World:
    world = quarantined()
    assert lift_quarantine("churn", "it was a test", "ada", world.ports)
    return world


def retrained_elsewhere() -> World:
    world = World()
    record_retraining("churn", None, world.ports)
    return world


def retrained_twice() -> World:
    """A second job is asked for while the first one runs, and is opened afterwards."""
    world = failed()
    event = {**MANUAL, "reason": "again", "force": True}
    assert world.check(event, f"{EXECUTION}-again").job_id
    return world


HISTORIES: dict[Callable[[], World], set[str]] = {
    change_the_policy: {"policy_applied"},
    not_due: {"trigger_judged"},
    held: {"trigger_judged", "job_opened"},
    rejected: {"challenger_validated", "job_ended"},
    failed: {"job_ended"},
    first_champion: {"promoted", "job_ended"},
    champion_from_before: {"champion_adopted", "promoted"},
    intervened: {"weight_set", "rollout_intervened"},
    aborted: {"version_taken_back"},
    promoted_by_a_person: {"rollout_intervened", "promoted"},
    unhealthy: {"version_taken_back", "job_ended"},
    canary: {"weight_set", "promoted", "serving_in_force"},
    shadow: {"mirror_set"},
    rolled_back: {"version_taken_back", "job_taken_back"},
    rolled_back_by_mistake: {"version_taken_back"},
    moved_by_somebody: {"alias_moved"},
    moved_before_any_deployment: {"alias_moved"},
    moved_where_nothing_served: {"alias_moved"},
    drilled: {"drill_moved", "drill_passed"},
    quarantined: {"quarantine_set"},
    quarantine_lifted: {"quarantine_lifted"},
    retrained_elsewhere: {"retraining_recorded"},
    retrained_twice: {"job_opened"},
}


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
def test_each_record_of_a_model_has_its_entry_and_each_fact_is_there_once(history: Callable[[], World]) -> None:
    ports = history().ports
    kinds = {canonical_object(entry.text)["kind"] for entry in ports.audit.entries("churn")}
    assert audit_problems(ports) == []
    assert kinds >= HISTORIES[history]
