"""Whatever a pod, or somebody with its rights, leaves in a document: it is refused in a sentence, or does no harm."""

import json
from typing import Any

import pytest

from auto_retrain.domain.errors import ArtifactInvalid, PromotionRefused
from auto_retrain.domain.results import MAX_METRICS_LENGTH, ScoringResult, TrainingResult
from auto_retrain.ports import MAX_DOCUMENT_BYTES
from auto_retrain.usecases.container_results import read_result
from auto_retrain.usecases.data.kept_profiles import load_profile, profile_key
from auto_retrain.usecases.data.manifest import read_manifest
from auto_retrain.usecases.training.drift_reports import read_psi
from tests.unit.usecases.world import World, rows

ODD = {
    "nothing": b"",
    "cut off": b'{"schema_version": 1, "job_id": ',
    "nested deeply": b"[" * 100_000,
    "nested deeply in an object": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "no text": b'{"job_id": "\xff\xfe"}',
    "half a character": b'{"job_id": "\\ud800"}',
    "a huge number": b'{"schema_version": ' + b"9" * 100_000 + b"}",
    "an infinite number": b'{"schema_version": 1e400}',
    "not a number": b'{"schema_version": NaN}',
    "null": b"null",
    "too large": b" " * (MAX_DOCUMENT_BYTES + 1),
    "gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
    "many unknown things": json.dumps({"predictions": {f"{number}": number for number in range(50_000)}}).encode(),
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
@pytest.mark.parametrize("model", [TrainingResult, ScoringResult])
def test_an_odd_result_is_refused_in_a_sentence(content: bytes, model: Any) -> None:
    world = World()
    job = world.job(world.open())
    kind = "train" if model is TrainingResult else "score"
    world.ports.data.write(f"jobs/{job.job_id}/{kind}/result.json", content)
    with pytest.raises(ArtifactInvalid, match=f"jobs/{job.job_id}/{kind}/result.json") as caught:
        read_result(job, job.output_of(kind), model, world.ports)
    assert len(str(caught.value)) < 5000


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("metrics", {"accuracy": float("nan")}),
        ("metrics", {"accuracy": float("inf")}),
        ("metrics", {f"metric-{number}": 0.5 for number in range(MAX_METRICS_LENGTH // 10)}),
        ("metrics", {"x" * MAX_METRICS_LENGTH: 0.5}),
        ("model_version", "2" * 1000),
        ("run_id", "r" * 1000),
        ("artifacts_uri", "s3://" + "x" * 5000),
        ("image", "i" * 5000),
    ],
)
def test_a_result_that_would_fill_the_job_record_is_refused(field: str, value: Any) -> None:
    world = World()
    job_id = world.open()
    world.start(job_id, "train")
    world.train(job_id)
    key = f"{world.job(job_id).output_of('train')}result.json"
    document = json.loads(world.ports.data.read(f"s3://artifacts/{key}"))
    document[field] = value
    world.ports.data.write(key, json.dumps(document).encode())
    with pytest.raises(ArtifactInvalid, match=field):
        world.start(job_id, "score")


def test_of_a_field_that_is_given_twice_the_last_one_counts() -> None:
    world = World()
    job = world.job(world.open())
    twice = (
        f'{{"schema_version": 1, "kind": "score", "predictions": {{}}, "job_id": "other", "job_id": "{job.job_id}"}}'
    )
    world.ports.data.write(f"jobs/{job.job_id}/score/result.json", twice.encode())
    assert read_result(job, job.output_of("score"), ScoringResult, world.ports).job_id == job.job_id


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_an_odd_drift_report_is_refused_in_a_sentence(content: bytes) -> None:
    world = World()
    world.ports.data.write("jobs/one/report/psi.json", content)
    with pytest.raises(ArtifactInvalid, match=r"jobs/one/report/psi\.json"):
        read_psi("one", world.ports)


@pytest.mark.parametrize("content", [*ODD.values(), b" " * ((64 << 20) + 1)], ids=[*ODD, "beyond any limit"])
def test_an_odd_manifest_or_profile_is_not_read(content: bytes) -> None:
    world = World()
    job_id = world.open()
    world.start(job_id, "train")
    job = world.job(job_id)
    world.ports.data.write((job.manifest_uri or "").removeprefix("s3://artifacts/"), content)
    with pytest.raises(ArtifactInvalid, match=job.manifest_uri):
        read_manifest(job, world.ports)
    world.ports.data.write(profile_key("churn", "1"), content)
    assert load_profile("churn", "1", world.ports) is None


@pytest.mark.parametrize("content", ODD.values(), ids=ODD)
def test_an_odd_file_list_only_means_that_the_changed_files_are_unknown(content: bytes) -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.95))
    world.validate(job_id)
    world.ports.data.write(f"{world.job(job_id).output_of('train')}files-of-2.json", content)
    world.ports.registry.write_file("churn", "2", "MLmodel", b"something else")
    with pytest.raises(PromotionRefused, match="the file list is missing or was changed"):
        world.deploy(job_id)


def test_of_very_many_changed_files_only_some_are_named() -> None:
    world = World()
    job_id = world.scored_job(rows(500, 0.95))
    world.validate(job_id)
    for number in range(1000):
        world.ports.registry.write_file("churn", "2", f"extra/{number:04}.py", b"")
    with pytest.raises(PromotionRefused, match=r"extra/0009.py and 990 more$"):
        world.deploy(job_id)
