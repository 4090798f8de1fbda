"""Only a proven challenger becomes the champion, once, and never against a person's decision."""

from contextlib import suppress

import pytest

from auto_retrain.domain.errors import ChampionConflict, PromotionRefused, RegistryUnavailable
from auto_retrain.domain.messages.promoting import DeploymentOutcome
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.validation import ValidationResult
from auto_retrain.usecases.triggering.open_job import LEASE
from tests.unit.usecases.world import World, rows


def validated(challenger: float = 0.95, champion: float | None = 0.88) -> tuple[World, str]:
    world = World()
    job_id = world.scored_job(rows(500, challenger), None if champion is None else rows(500, champion))
    world.validate(job_id)
    return world, job_id


def test_the_challenger_becomes_the_champion_and_the_previous_one_is_recorded() -> None:
    world, job_id = validated()
    assert world.deploy(job_id) == DeploymentOutcome(next="promoted", version="2", previous_version="1")
    line = world.ports.ledger.current("churn")
    assert world.ports.registry.champion("churn") == "2"
    assert line is not None
    assert (line.version.number, line.previous_version, line.job_id, line.sequence) == ("2", "1", job_id, 2)
    assert world.job(job_id).deployed


def test_files_that_changed_since_registration_are_refused_by_name() -> None:
    world, job_id = validated()
    world.ports.registry.write_file("churn", "2", "MLmodel", b"something else")
    world.ports.registry.write_file("churn", "2", "code/extra.py", b"import os")
    message = "version 2 of 'churn' is not what was registered; changed files: MLmodel, code/extra.py"
    with pytest.raises(PromotionRefused, match=message):
        world.deploy(job_id)
    assert world.ports.registry.champion("churn") == "1"


def test_changed_files_are_refused_even_if_the_file_list_was_changed_too() -> None:
    world, job_id = validated()
    world.ports.registry.write_file("churn", "2", "MLmodel", b"something else")
    world.ports.data.write(f"{world.job(job_id).output_of('train')}files-of-2.json", b"{}")
    with pytest.raises(PromotionRefused, match="changed files: unknown, because the file list is missing"):
        world.deploy(job_id)


def test_a_record_that_was_changed_to_match_other_files_is_refused() -> None:
    world, job_id = validated()
    world.ports.registry.write_file("churn", "2", "MLmodel", b"something else")
    job = world.job(job_id)
    assert job.challenger is not None
    forged = job.challenger.files.changed(**world.artifacts("2", job.output_of("train")))
    world.ports.jobs.save(job.trained(job.challenger.changed(files=forged)))
    with pytest.raises(PromotionRefused, match="was validated with different files than it records now"):
        world.deploy(job_id)


def test_the_ledger_records_the_files_that_serve() -> None:
    world, job_id = validated()
    world.deploy(job_id)
    line = world.ports.ledger.current("churn")
    assert line is not None
    assert line.version.files.artifact_sha256 == world.digest("2")


def test_a_first_model_has_no_previous_one() -> None:
    world, job_id = validated(champion=None)
    assert world.deploy(job_id).previous_version is None


def test_deploying_again_changes_nothing() -> None:
    world, job_id = validated()
    first = world.deploy(job_id)
    assert world.deploy(job_id) == first
    line = world.ports.ledger.current("churn")
    assert line is not None
    assert line.sequence == 2  # the first is about the champion that was there


@pytest.mark.parametrize("call", ["champion", "set_champion", "version_tags", "version_files"])
@pytest.mark.parametrize("after", [False, True])
def test_a_registry_that_fails_at_any_call_leaves_a_step_that_can_be_repeated(call: str, after: bool) -> None:
    world, job_id = validated()
    real = getattr(world.ports.registry, call)

    def fail_once(*arguments: str) -> object:
        setattr(world.ports.registry, call, real)
        if after:
            real(*arguments)
        raise RegistryUnavailable("connection lost")

    setattr(world.ports.registry, call, fail_once)
    with suppress(RegistryUnavailable):  # once the record is written, the alias may follow later
        world.deploy(job_id)
    assert world.deploy(job_id).next == "promoted"
    record = world.ports.ledger.serving("churn")
    assert world.ports.registry.champion("churn") == "2"
    assert record.champion is not None
    assert (record.champion.version.number, record.sequence, record.is_open) == ("2", 2, False)


def test_a_person_who_moved_the_champion_in_the_meantime_wins() -> None:
    world, job_id = validated()
    world.ports.registry.register("churn", "7")
    world.ports.registry.set_champion("churn", "7")
    with pytest.raises(ChampionConflict, match="version 1 when it was compared and is version 7 now"):
        world.deploy(job_id)
    assert world.ports.registry.champion("churn") == "7"
    assert world.ports.ledger.current("churn") is None


def test_a_rejected_challenger_is_refused() -> None:
    world, job_id = validated(challenger=0.89)
    with pytest.raises(PromotionRefused, match="no validation with the decision 'promote'"):
        world.deploy(job_id)


def with_accuracy(result: ValidationResult, accuracy: float) -> ValidationResult:
    """A forged result, as someone may have written it without our code."""
    forged = result.metrics["accuracy"].model_copy(update={"value": accuracy})
    return result.model_copy(update={"metrics": {**result.metrics, "accuracy": forged}})


def test_a_validation_that_was_changed_is_refused() -> None:
    world, job_id = validated()
    job = world.job(job_id)
    assert job.validation is not None
    forged = with_accuracy(job.validation, 0.99)
    world.ports.jobs.save(job.changed(validation=forged))
    with pytest.raises(PromotionRefused, match="changed after it was sealed"):
        world.deploy(job_id)


@pytest.mark.parametrize("accuracy", [0.8499, -1.0, 1.01, float("nan"), float("inf")])
def test_nothing_below_the_floor_is_deployed_whatever_the_record_says(accuracy: float) -> None:
    world, job_id = validated()
    job = world.job(job_id)
    assert job.validation is not None
    forged = with_accuracy(job.validation, accuracy)
    with suppress(ValueError):  # canonical JSON has neither NaN nor infinity
        forged = forged.changed(validation_hash=forged.compute_hash())
    world.ports.jobs.save(job.changed(validation=forged))
    with pytest.raises((PromotionRefused, ValueError)):
        world.deploy(job_id)
    assert world.ports.registry.champion("churn") == "1"


def test_a_version_that_another_job_registered_is_refused() -> None:
    world, job_id = validated()
    world.ports.registry.register("churn", "2", job_id="churn-other")
    with pytest.raises(PromotionRefused, match="was not registered by job"):
        world.deploy(job_id)


def test_a_version_that_was_deleted_is_refused() -> None:
    world, job_id = validated()
    world.ports.registry.delete("churn", "2")
    with pytest.raises(PromotionRefused, match="was not registered"):
        world.deploy(job_id)
    assert world.job(job_id).status is RetrainingStatus.VALIDATION


def deploys_nothing(world: World, job_id: str, message: str) -> None:
    with pytest.raises(PromotionRefused, match=message):
        world.deploy(job_id)
    assert world.ports.registry.champion("churn") == "1"
    assert world.ports.ledger.current("churn") is None
    assert not world.job(job_id).deployed


def test_a_job_that_was_closed_deploys_nothing() -> None:
    world, job_id = validated()
    world.close(decision={"job_id": job_id}, error={"Error": "States.Timeout", "Cause": ""})
    deploys_nothing(world, job_id, f"job '{job_id}' is failed and has given back the lease of 'churn'")


def test_a_job_whose_lease_has_expired_deploys_nothing() -> None:
    world, job_id = validated()
    world.ports.clock.advance(LEASE)
    deploys_nothing(world, job_id, rf"job '{job_id}' no longer holds the lease of 'churn'.*: it expired at 2026-")


def test_a_job_that_loses_its_lease_while_the_files_are_read_deploys_nothing() -> None:
    world, job_id = validated()
    read_files = world.ports.registry.version_files

    def slowly(model_name: str, version: str) -> object:
        world.ports.clock.advance(LEASE)
        return read_files(model_name, version)

    world.ports.registry.version_files = slowly  # type: ignore[assignment, method-assign]
    deploys_nothing(world, job_id, "no longer holds the lease of 'churn'")
