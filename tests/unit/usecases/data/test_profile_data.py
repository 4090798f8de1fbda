"""A promoted version keeps the profile of its training data, and drift is judged against it."""

import hashlib
import io
import json
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest

from auto_retrain.adapters.data.arrow_tables import ArrowTableReader
from auto_retrain.domain.digest import sha256_of
from auto_retrain.domain.errors import ArtifactInvalid, DataInvalid, PromotionRefused
from auto_retrain.domain.messages.references import JobReference
from auto_retrain.domain.policy.data import DriftPolicy
from auto_retrain.domain.verdict import Outcome
from auto_retrain.usecases.data.profile_data import profile_data
from auto_retrain.usecases.triggering.detect_drift import detect_drift
from auto_retrain.usecases.triggering.drift_evidence import judge_drift_now
from tests.unit.builders import NOON
from tests.unit.usecases.drift_world import SWEPT, promoted_world
from tests.unit.usecases.world import World


def test_a_promoted_version_keeps_a_profile_and_later_checks_read_only_the_live_window() -> None:
    world, job_id = promoted_world()
    outcome = profile_data(JobReference(job_id=job_id), world.ports)
    assert (outcome.uri, outcome.rows, outcome.features) == ("s3://artifacts/profiles/churn/2.json", 2000, 2)
    assert outcome.not_copied == ()
    world.close(decision={"job_id": job_id})
    read = set()
    batches = world.ports.tables.batches

    def watched(objects: Any, *rest: Any) -> Any:
        read.update(item.date for item in objects)
        return batches(objects, *rest)

    world.ports.tables.batches = watched  # type: ignore[method-assign]
    world.ports.clock.advance(timedelta(days=1))
    later = {**SWEPT, "event_time": (NOON + timedelta(days=1)).isoformat()}
    decision = detect_drift(world.check(later, execution="arn:later"), world.ports)
    assert "does not exceed" in decision.reason
    assert min(read) == NOON.date() - timedelta(days=4)


def test_an_existing_profile_stays_and_a_missing_one_is_built_later() -> None:
    world, job_id = promoted_world()
    world.close(decision={"job_id": job_id})
    later = {**SWEPT, "event_time": (NOON + timedelta(days=1)).isoformat()}
    world.ports.clock.advance(timedelta(days=1))
    detect_drift(world.check(later, execution="arn:later"), world.ports)
    kept = world.ports.data.read("s3://artifacts/profiles/churn/2.json")
    world.ports.clock.advance(timedelta(days=1))
    profile_data(JobReference(job_id=job_id), world.ports)
    assert world.ports.data.read("s3://artifacts/profiles/churn/2.json") == kept


def test_a_profile_of_other_features_is_built_again() -> None:
    world, job_id = promoted_world()
    profile_data(JobReference(job_id=job_id), world.ports)
    world.close(decision={"job_id": job_id})
    world.ports.policies.apply(world.policy.changed(drift=DriftPolicy(ignore=("plan",))), "ada", NOON)
    judge_drift_now(world.ports.policies.get("churn").policy, NOON, world.ports)  # type: ignore[union-attr]
    profile = json.loads(world.ports.data.read("s3://artifacts/profiles/churn/2.json"))
    assert [feature["feature"] for feature in profile["features"]] == ["age"]


@pytest.mark.parametrize("old", [{"entity": None}, {"schema_version": 1, "features": {"rare": None}}])
def test_a_profile_without_what_is_asked_today_is_built_again(old: dict[str, Any]) -> None:
    world, job_id = promoted_world()
    world.close(decision={"job_id": job_id})
    data = world.policy.data.changed(entity="plan") if "entity" in old else world.policy.data
    policy = world.policy.changed(data=data)
    world.ports.policies.apply(policy, "ada", NOON)
    judge_drift_now(policy, NOON, world.ports)
    stored = json.loads(world.ports.data.read("s3://artifacts/profiles/churn/2.json"))
    outdated = {**stored, **old, "features": [{**each, **old.get("features", {})} for each in stored["features"]]}
    world.ports.data.write("profiles/churn/2.json", json.dumps(outdated).encode())
    world.ports.clock.advance(timedelta(days=1))
    judge_drift_now(policy, NOON, world.ports)
    renewed = json.loads(world.ports.data.read("s3://artifacts/profiles/churn/2.json"))
    assert {**renewed, "made_at": ""} == {**stored, "made_at": ""}
    assert renewed["made_at"] != stored["made_at"]


def test_a_job_that_deployed_nothing_is_not_profiled() -> None:
    world = World()
    with pytest.raises(PromotionRefused, match="deployed no version"):
        profile_data(JobReference(job_id=world.open()), world.ports)


def world_of_objects() -> tuple[World, str]:
    """A promoted version whose data are real objects: ten rows for each day."""
    world, job_id = promoted_world()
    for uri in list(world.ports.data._contents):
        if uri.startswith("s3://data/"):
            world.ports.data._contents[uri] = parquet(range(10))
    manifest_uri = world.job(job_id).manifest_uri or ""
    manifest = json.loads(world.ports.data.read(manifest_uri))
    for item in manifest["training"]["objects"]:
        item["etag"] = hashlib.md5(parquet(range(10)), usedforsecurity=False).hexdigest()
    content = json.dumps(manifest).encode()
    world.ports.data._contents[manifest_uri] = content
    world.ports.jobs.save(world.job(job_id).changed(manifest_sha256=sha256_of(content)))
    world.ports.tables = ArrowTableReader(world.ports.data)  # type: ignore[assignment]
    return world, job_id


def parquet(ages: range) -> bytes:
    file = io.BytesIO()
    pd.DataFrame({"age": [float(age) for age in ages], "plan": "basic"}).to_parquet(file)
    return file.getvalue()


def test_exactly_the_objects_frozen_for_training_are_profiled() -> None:
    world, job_id = world_of_objects()
    world.ports.data.add_partition("churn", date(2026, 2, 20), parquet(range(10)), "arrived-later.parquet")
    assert profile_data(JobReference(job_id=job_id), world.ports).rows == 100
    kept = json.loads(world.ports.data.read("s3://artifacts/profiles/churn/2.json"))
    assert kept["window"] == {"start": "2026-02-14", "end": "2026-02-24"}


def test_an_object_that_changed_since_it_was_frozen_is_named_and_nothing_is_stored() -> None:
    world, job_id = world_of_objects()
    world.ports.data._contents["s3://data/churn/date=2026-02-20/part-0.parquet"] = parquet(range(11))
    with pytest.raises(DataInvalid, match=r"date=2026-02-20/part-0.parquet' has changed since it was listed"):
        profile_data(JobReference(job_id=job_id), world.ports)
    with pytest.raises(ArtifactInvalid, match="there is no"):
        world.ports.data.read("s3://artifacts/profiles/churn/2.json")


def test_a_manifest_that_was_replaced_is_refused() -> None:
    world, job_id = promoted_world()
    uri = world.job(job_id).manifest_uri or ""
    world.ports.data._contents[uri] += b" "
    with pytest.raises(ArtifactInvalid, match="is not the one that was frozen: its digest differs"):
        profile_data(JobReference(job_id=job_id), world.ports)
    # A copy of the files does not wait for the profile.
    assert world.ports.data.read("s3://artifacts/versions/churn/2/files/MLmodel") == b"churn 2"


@pytest.mark.parametrize("content", [b"", b"{}", b"[1", b'{"schema_version": 1}'])
def test_an_unreadable_manifest_is_named(content: bytes) -> None:
    world, job_id = promoted_world()
    uri = world.job(job_id).manifest_uri or ""
    world.ports.data._contents[uri] = content
    with pytest.raises(ArtifactInvalid, match=f"manifest '{uri}' cannot be read"):
        profile_data(JobReference(job_id=job_id), world.ports)


def test_an_unreadable_stored_profile_is_built_again() -> None:
    world, job_id = promoted_world()
    world.ports.data.write("profiles/churn/2.json", b"{")
    assert profile_data(JobReference(job_id=job_id), world.ports).rows == 2000


def written_by_an_earlier_release(world: World, plan: str) -> dict[str, Any]:
    """Let the stored profile be one whose categories have other texts."""
    uri = "s3://artifacts/profiles/churn/2.json"
    profile: dict[str, Any] = json.loads(world.ports.data.read(uri))
    del profile["text_rules"]
    (plans,) = (feature for feature in profile["features"] if feature["feature"] == "plan")
    plans["levels"] = [f"{plan}{level}" for level in plans["levels"]]
    world.ports.data._contents[uri] = json.dumps(profile).encode()
    return profile


def test_a_profile_with_the_texts_of_an_earlier_release_is_built_again_so_that_they_are_no_drift() -> None:
    world, job_id = promoted_world()
    profile_data(JobReference(job_id=job_id), world.ports)
    written_by_an_earlier_release(world, "old ")
    assert judge_drift_now(world.policy, NOON, world.ports).dataset.outcome is Outcome.UNMET
    kept = json.loads(world.ports.data.read("s3://artifacts/profiles/churn/2.json"))
    assert kept["text_rules"] == 2
    assert {level for feature in kept["features"] for level in feature["levels"]} == {"basic", "full"}


def test_a_profile_of_an_earlier_release_is_used_where_the_training_data_are_gone() -> None:
    world, job_id = promoted_world()
    profile_data(JobReference(job_id=job_id), world.ports)
    written_by_an_earlier_release(world, "")
    live = NOON.date() - timedelta(days=5)
    objects = world.ports.data._partitions["churn"]
    world.ports.data._partitions["churn"] = [item for item in objects if item.date >= live]
    assert judge_drift_now(world.policy, NOON, world.ports).dataset.outcome is Outcome.UNMET
