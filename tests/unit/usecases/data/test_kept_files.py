"""The files of what serves, and of what served before, are copied to where nobody else deletes them."""

from datetime import timedelta

import pytest

from auto_retrain.domain.errors import ArtifactMissing, RegistryUnavailable
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.usecases.data.kept_files import find_copy, keep_files
from tests.unit.usecases.world import World, rows


def promoted() -> tuple[World, str]:
    """Version 2 has just replaced version 1."""
    world = World()
    job_id = world.scored_job(rows(500, 0.95), rows(500, 0.88))
    world.validate(job_id)
    world.deploy(job_id)
    return world, job_id


def serving(world: World) -> ServingRecord:
    return world.ports.ledger.serving("churn")


def is_copied(world: World, number: str) -> bool:
    return find_copy("churn", ModelVersion(number=number), world.ports) is not None


def replace_champion(world: World, number: str) -> None:
    """Another version serves from now on."""
    world.ports.registry.register("churn", number)
    world.ports.clock.advance(timedelta(days=7))
    change = serving(world).adopted(ModelVersion(number=number), "it is the next one", world.ports.clock.now())
    world.ports.ledger.write(change)


def test_a_promotion_keeps_the_files_of_the_new_champion_and_of_the_one_before() -> None:
    world, job_id = promoted()
    assert keep_files(world.job(job_id), world.ports) == ()
    for number in ("1", "2"):
        copied = world.ports.data.read(f"s3://artifacts/versions/churn/{number}/files/MLmodel")
        assert copied == f"churn {number}".encode()
    champion = world.job(job_id).challenger
    assert champion is not None
    assert find_copy("churn", champion, world.ports) == "s3://artifacts/versions/churn/2/files/"


def test_a_copy_lasts_until_three_good_versions_are_newer() -> None:
    world, job_id = promoted()
    copied = []
    for number in ("3", "4", "5"):
        keep_files(world.job(job_id), world.ports)
        copied.append([each for each in "12345" if is_copied(world, each)])
        replace_champion(world, number)
    assert copied == [["1", "2"], ["1", "2", "3"], ["2", "3", "4"]]


def test_versions_that_were_taken_back_push_out_no_copy_of_a_good_one() -> None:
    world, job_id = promoted()
    keep_files(world.job(job_id), world.ports)
    for number in ("3", "4", "5"):
        replace_champion(world, number)
        keep_files(world.job(job_id), world.ports)
        good = world.ports.ledger.lines("churn", 2)[1]
        world.ports.ledger.write(serving(world).rolled_back_to(good, "ada", "it is slow", world.ports.clock.now()))
    keep_files(world.job(job_id), world.ports)
    assert [each for each in "12345" if is_copied(world, each)] == ["1", "2"]


def test_a_copy_that_was_interrupted_is_finished_and_only_then_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    world, job_id = promoted()
    for path in ("a.bin", "b.bin", "c.bin"):
        world.ports.registry.write_file("churn", "1", path, path.encode())
    read_file, read = world.ports.registry.read_file, []

    def interrupted(name: str, number: str, path: str) -> object:
        read.append(path)
        if path == "b.bin" and read.count(path) == 1:
            raise RegistryUnavailable("connection lost")
        return read_file(name, number, path)

    monkeypatch.setattr(world.ports.registry, "read_file", interrupted)
    with pytest.raises(RegistryUnavailable):
        keep_files(world.job(job_id), world.ports)
    assert not is_copied(world, "1")
    keep_files(world.job(job_id), world.ports)
    assert is_copied(world, "1")
    read.clear()
    keep_files(world.job(job_id), world.ports)
    assert read == []


def test_files_that_are_not_those_of_the_registration_are_not_copied() -> None:
    world, job_id = promoted()
    world.ports.registry.write_file("churn", "2", "MLmodel", b"something else")
    problems = keep_files(world.job(job_id), world.ports)
    assert problems == (
        "version 2: 'versions/churn/2/files/MLmodel' is not stored: its content is not the one whose digest is known",
    )
    assert is_copied(world, "1")
    with pytest.raises(ArtifactMissing):
        world.ports.data.read("s3://artifacts/versions/churn/2/files/MLmodel")


def test_a_copy_of_another_version_with_the_same_number_does_not_count() -> None:
    world, job_id = promoted()
    champion = world.job(job_id).challenger
    assert champion is not None
    keep_files(world.job(job_id), world.ports)
    other = champion.changed(files=champion.files.changed(artifact_sha256="0" * 64))
    assert find_copy("churn", other, world.ports) is None


def test_a_version_without_files_has_no_copy() -> None:
    world, job_id = promoted()
    world.ports.registry.delete_files("churn", "1")
    assert keep_files(world.job(job_id), world.ports) == ("version 1: version 1 of 'churn' has no files",)
    assert not is_copied(world, "1")
