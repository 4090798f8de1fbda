"""What follows from the champion's ledger line, when it serves again and when somebody else put it there."""

from datetime import timedelta

import pytest

from auto_retrain.domain.deployment_ledger import LedgerLine
from auto_retrain.domain.errors import ChampionConflict
from auto_retrain.domain.files import VersionFiles
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.domain.windows import Window, windows_at
from auto_retrain.usecases.data.drift_windows import reference_window
from auto_retrain.usecases.lookup import promotion_of
from auto_retrain.usecases.operating.policies import accuracy_at_promotion
from auto_retrain.usecases.triggering.drift_holds import drift_holds
from auto_retrain.usecases.validating.known_quality import known_of_champion
from tests.unit.builders import NOON
from tests.unit.usecases.foreseeing.power_world import CHAMPION, PowerWorld, accuracy_alone
from tests.unit.usecases.world import World, rows


def trained(world: World, version: str, days_ago: int, job_id: str) -> LedgerLine:
    """A version that one of our jobs trained and promoted."""
    at = NOON - timedelta(days=days_ago)
    return LedgerLine(
        model_name="churn",
        sequence=world.ports.ledger.serving("churn").sequence + 1,
        version=ModelVersion(number=version, files=VersionFiles(artifact_sha256=version * 64)),
        previous_version=None,
        job_id=job_id,
        reason="better",
        deployed_at=at,
        windows=windows_at(at, evaluation_days=5, training_days=10, label_delay_days=0),
    )


def world_with_two_champions() -> tuple[World, ServingRecord]:
    """Version 1 was promoted long ago, and version 2 just now, by a job whose record is there."""
    world = World()
    validated = world.scored_job(rows(500, 0.95))
    world.validate(validated)
    for version, days_ago in (("1", 40), ("2", 0)):
        world.ports.ledger.add(trained(world, version, days_ago, validated if version == "1" else "churn-2"))
        world.ports.registry.register("churn", version)
        world.ports.registry.set_champion("churn", version)
    return world, world.ports.ledger.serving("churn")


def taken_back() -> World:
    world, record = world_with_two_champions()
    assert record.previous is not None
    world.ports.ledger.write(record.rolled_back_to(record.previous, "ada", "too slow", NOON))
    world.ports.registry.set_champion("churn", "1")
    return world


def adopted() -> World:
    world, record = world_with_two_champions()
    world.ports.ledger.write(record.adopted(ModelVersion(number="7"), "somebody moved the alias", NOON))
    world.ports.registry.register("churn", "7", artifact_sha256="7" * 64)
    world.ports.registry.set_champion("churn", "7")
    return world


def reference(world: World) -> Window:
    return reference_window(world.policy, NOON, world.ports)


def test_drift_is_judged_against_the_days_on_which_the_version_that_serves_again_was_trained() -> None:
    long_ago = windows_at(NOON - timedelta(days=40), evaluation_days=5, training_days=10, label_delay_days=0)
    assert reference(taken_back()) == long_ago.training


def test_drift_under_a_version_of_somebody_else_is_judged_against_the_training_days_of_today() -> None:
    today = windows_at(NOON, evaluation_days=5, training_days=10, label_delay_days=0)
    assert reference(adopted()) == today.training


def test_a_version_that_was_chosen_long_ago_holds_back_no_drift_once_it_serves_again() -> None:
    world, _ = world_with_two_champions()
    assert [hold.kind for hold in drift_holds(world.policy, None, NOON, world.ports)] == ["new_champion"]
    for after in (taken_back(), adopted()):
        assert drift_holds(after.policy, None, NOON, after.ports) == []


def test_what_is_known_of_a_version_that_serves_again_is_that_of_its_own_promotion() -> None:
    world = taken_back()
    assert accuracy_at_promotion(promotion_of(world.ports.ledger.current("churn"), world.ports)) == pytest.approx(0.95)
    job_id = world.ports.jobs.list_recent("churn", 1)[0].job_id
    job = world.job(job_id).changed(champion=ModelVersion(number="1"))
    assert [known.source for known in known_of_champion(job, world.policy, world.ports)] == ["promotion"]


def test_of_a_version_of_somebody_else_no_promotion_is_known() -> None:
    world = adopted()
    assert accuracy_at_promotion(promotion_of(world.ports.ledger.current("churn"), world.ports)) is None
    job_id = world.ports.jobs.list_recent("churn", 1)[0].job_id
    job = world.job(job_id).changed(champion=ModelVersion(number="7"))
    assert known_of_champion(job, world.policy, world.ports) == ()


def champion_of_next_job(world: World) -> ModelVersion | None:
    decision = world.check({"model_name": "churn", "actor": "ada", "reason": "again", "force": True}, "arn:next")
    assert decision.job_id is not None
    world.start(decision.job_id, "train")
    return world.job(decision.job_id).champion


def ended_before(world: World) -> World:
    """No job owns the model."""
    job = world.ports.jobs.list_recent("churn", 1)[0]
    world.close(decision={"job_id": job.job_id}, error={"Error": "Stopped", "Cause": ""})
    return world


def test_the_next_challenger_is_compared_with_the_files_of_the_version_that_serves_again() -> None:
    champion = champion_of_next_job(ended_before(taken_back()))
    assert champion is not None
    assert (champion.number, champion.files.artifact_sha256) == ("1", "1" * 64)


def test_the_files_of_a_version_of_somebody_else_are_those_that_the_registry_names() -> None:
    champion = champion_of_next_job(ended_before(adopted()))
    assert champion is not None
    assert (champion.number, champion.files.artifact_sha256) == ("7", "7" * 64)


def test_a_version_of_somebody_else_that_lost_its_alias_is_not_taken_for_a_first_model() -> None:
    world = ended_before(adopted())
    world.ports.registry.delete("churn", "7")
    with pytest.raises(ChampionConflict, match="version 7 serves 'churn' according to the ledger"):
        champion_of_next_job(world)


def test_a_version_of_somebody_else_is_a_champion_to_beat_as_far_as_it_was_compared() -> None:
    world = PowerWorld(accuracy_alone(0.9, 2000))
    ledger = world.ports.ledger
    ledger.write(ledger.serving("churn").adopted(ModelVersion(number="7"), "moved by hand", NOON))
    assert world.power(2000).reason == "the champion's accuracy is not known as it is now"
    again = ledger.serving("churn").adopted(ModelVersion(number=CHAMPION), "moved back by hand", NOON)
    ledger.write(again)
    assert "not known as it is now" not in world.power(2000).reason
