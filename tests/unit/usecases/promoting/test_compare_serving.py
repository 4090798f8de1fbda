"""Whoever moves the alias besides us is noticed, once; and what they chose stays."""

from datetime import timedelta

import pytest

from auto_retrain.domain.errors import ChampionConflict, EventsUnavailable, RegistryUnavailable
from auto_retrain.domain.events import FactEvent
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.training import WatchOutcome
from auto_retrain.usecases.promoting.compare_serving import compare_serving
from auto_retrain.usecases.watching.watch_jobs import MAX_COMPARISONS, watch_jobs
from tests.contracts.ports.stores import a_job, running
from tests.unit.announced import announced
from tests.unit.audited import audit_problems
from tests.unit.usecases.world import World, rows

MINUTE = timedelta(minutes=1)


def watch(world: World) -> WatchOutcome:
    world.ports.clock.advance(MINUTE)
    return watch_jobs(ScheduledEvent(), world.ports)


def move(world: World, version: str) -> None:
    """Move the alias, as anybody could who may write to the registry."""
    world.ports.registry.register("churn", version)
    world.ports.registry.set_champion("churn", version)


def told(world: World) -> list[str]:
    """Each event once, as people are."""
    by_id = {event.event_id: event.sentence for event in announced(world.ports) if event.topic == "alias_moved"}
    return list(by_id.values())


def deployed(champion: float | None = None) -> tuple[World, str]:
    world = World()
    job_id = world.scored_job(rows(500, 0.95), None if champion is None else rows(500, champion))
    world.validate(job_id)
    world.deploy(job_id)
    return world, job_id


def next_job(world: World) -> str:
    """Another job of a model whose first one has ended, while it trains."""
    event = {"model_name": "churn", "actor": "ada", "reason": "again", "force": True}
    decision = world.check(event, "arn:next")
    assert decision.job_id is not None
    world.start(decision.job_id, "train")
    return decision.job_id


def test_a_trainer_that_promotes_itself_is_noticed_although_its_job_ends_rejected() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.80), rows(500, 0.88))
    world.ports.registry.set_champion("churn", "2")
    world.validate(job_id)
    assert world.close(decision={"job_id": job_id}).next == "succeed"
    (text,) = told(world)
    assert "names version 2 instead of version 1" in text
    assert world.ports.registry.champion("churn") == "2"


def test_the_trainer_of_a_first_model_cannot_promote_itself_unnoticed_either() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.80))
    world.ports.registry.set_champion("churn", "2")
    watch(world)
    (text,) = told(world)
    assert "names version 2 instead of no version (what served when its job started)" in text
    world.close(decision={"job_id": job_id}, error={"Error": "E", "Cause": "e"})
    assert told(world) == [text]


def test_each_difference_is_told_once_however_many_passes_see_it() -> None:
    world, job_id = deployed()
    move(world, "7")
    world.close(decision={"job_id": job_id})
    next_job(world)
    for _ in range(3):
        watch(world)
    move(world, "8")
    for _ in range(3):
        watch(world)
    first, second = told(world)
    assert "names version 7 instead of version 2 (entry 1 of the ledger)" in first
    assert "names version 8 instead of version 7 (entry 2 of the ledger)" in second
    assert world.ports.registry.champion("churn") == "8"


def test_a_difference_that_comes_back_is_told_again() -> None:
    world, job_id = deployed()
    world.close(decision={"job_id": job_id})
    next_job(world)
    for version in ("7", "2", "7"):
        move(world, version)
        watch(world)
    assert len(told(world)) == 3  # what was chosen first is the champion since, so each is a choice of its own


def test_an_alias_that_was_deleted_is_noticed() -> None:
    world, job_id = deployed()
    world.ports.registry.delete("churn", "2")
    world.close(decision={"job_id": job_id})
    assert "names no version instead of version 2" in told(world)[0]


def test_our_own_deployment_is_not_taken_for_somebody_elses() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.95), rows(500, 0.88))
    world.validate(job_id)
    set_champion = world.ports.registry.set_champion

    def then_watch(model_name: str, version: str) -> None:
        set_champion(model_name, version)
        watch(world)

    world.ports.registry.set_champion = then_watch  # type: ignore[method-assign]
    world.deploy(job_id)
    watch(world)
    world.close(decision={"job_id": job_id})
    assert told(world) == []


def test_a_version_that_served_before_the_first_job_is_no_conflict() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.80), rows(500, 0.88))
    watch(world)
    world.validate(job_id)
    world.close(decision={"job_id": job_id})
    assert told(world) == []


def test_a_conflict_that_stopped_a_deployment_is_told_when_the_job_ends() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.95), rows(500, 0.88))
    world.validate(job_id)
    move(world, "7")
    with pytest.raises(ChampionConflict):
        world.deploy(job_id)
    world.close(decision={"job_id": job_id}, error={"Error": "ChampionConflict", "Cause": ""})
    assert len(told(world)) == 1


def test_a_registry_that_is_away_keeps_no_job_from_ending_and_no_execution_from_being_answered() -> None:
    world, job_id = deployed()
    world.close(decision={"job_id": job_id})
    job_id = next_job(world)

    def away(model_name: str) -> str:
        raise RegistryUnavailable("MLflow did not answer")

    world.ports.registry.champion = away  # type: ignore[method-assign]
    outcome = watch(world)
    assert outcome.alive == 1
    assert outcome.problems == ()
    world.close(decision={"job_id": job_id}, error={"Error": "E", "Cause": "e"})
    assert world.job(job_id).announced
    assert announced(world.ports)[-1].topic == "job_failed"


def test_a_difference_that_the_bus_did_not_take_is_told_by_the_next_pass() -> None:
    world, job_id = deployed()
    world.close(decision={"job_id": job_id})
    next_job(world)
    move(world, "7")
    publish = world.ports.events.publish

    def refuse_once(event: FactEvent) -> None:
        world.ports.events.publish = publish  # type: ignore[method-assign]
        raise EventsUnavailable("slow down")

    world.ports.events.publish = refuse_once  # type: ignore[method-assign]
    watch(world)
    watch(world)
    # Nothing is taken over of which people could not be told, so this is said first.
    moved, adopted = told(world)
    assert "it stays there" in moved
    assert "version 7 is the champion from now on" in adopted
    assert audit_problems(world.ports) == []


def test_of_very_many_models_each_pass_compares_the_next_share() -> None:
    world = World()
    models = [f"m{number}" for number in range(2 * MAX_COMPARISONS)]
    for model in models:
        opened = world.ports.jobs.open_job(a_job(1, model=model), world.ports.clock.now() + timedelta(hours=9))
        world.ports.jobs.save(running(opened))
    asked: list[str] = []
    world.ports.registry.champion = asked.append  # type: ignore[assignment]
    watch(world)
    assert len(asked) == MAX_COMPARISONS
    watch(world)
    assert sorted(asked) == sorted(models)


def test_an_alias_in_its_place_is_compared_without_reading_the_job_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world, job_id = deployed()
    world.close(decision={"job_id": job_id})
    next_job(world)
    read: list[str] = []
    get = world.ports.jobs.get
    monkeypatch.setattr(world.ports.jobs, "get", lambda job_id: read.append(job_id) or get(job_id))
    watch(world)
    assert read == []


def test_a_job_that_was_listed_before_it_knew_its_champion_raises_no_alarm() -> None:
    world = World()
    listed = world.job(world.open())
    world.give_champion()
    world.start(listed.job_id, "train")
    assert world.job(listed.job_id).champion_version == "1"
    assert compare_serving(listed, world.ports) == "in place"
    assert told(world) == []


def test_a_registry_that_hangs_does_not_use_up_the_time_of_a_pass() -> None:
    world = World()
    for number in range(MAX_COMPARISONS):
        opened = world.ports.jobs.open_job(a_job(1, model=f"m{number}"), world.ports.clock.now() + timedelta(hours=9))
        world.ports.jobs.save(running(opened))
    asked: list[str] = []

    def hang(model_name: str) -> None:
        asked.append(model_name)
        world.ports.clock.advance(MINUTE)

    world.ports.registry.champion = hang  # type: ignore[assignment, method-assign]
    watch(world)
    assert len(world.ports.executions.answers) == MAX_COMPARISONS
    assert len(asked) < MAX_COMPARISONS
