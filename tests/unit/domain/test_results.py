"""What a container reports is bounded, because the record of a job has to hold it."""

import json

import pytest
from pydantic import ValidationError

from auto_retrain.domain.explain import explain
from auto_retrain.domain.results import TrainingResult

RESULT = {
    "schema_version": 1,
    "kind": "train",
    "job_id": "churn-1",
    "model_version": "4",
    "run_id": "r",
    "rows": 3,
    "manifest_sha256": "0" * 64,
    "metrics": {"accuracy": 0.9},
    "artifacts_uri": "s3://x/y",
    "artifact_sha256": "0" * 64,
}


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("metrics", {f"f1_of_class_{number}": 0.5 for number in range(500)}, "characters of JSON; at most 3000"),
        ("run_id", "x" * 300, "run_id = 'xxx"),
        ("artifacts_uri", "s3://" + "x" * 2000, "artifacts_uri = 's3://xxx"),
    ],
)
def test_a_result_that_is_too_large_is_refused_with_field_and_limit(field: str, value: object, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        TrainingResult.model_validate_json(json.dumps({**RESULT, field: value}))
    assert field in explain(caught.value, TrainingResult)
    assert message in explain(caught.value, TrainingResult)


def test_an_ordinary_result_is_read() -> None:
    metrics = {f"metric_{number}": 0.123456789 for number in range(80)}
    assert TrainingResult.model_validate_json(json.dumps({**RESULT, "metrics": metrics})).metrics == metrics


@pytest.mark.parametrize(("says", "reads"), [({"reads_parts": True}, True), ({}, False)])
def test_a_version_reads_parts_only_if_its_image_says_so(says: dict[str, bool], reads: bool) -> None:
    version = TrainingResult.model_validate_json(json.dumps({**RESULT, **says})).version("image")
    assert version.files.reads_parts is reads
    assert version.files.are_scored_in_parts("another") is reads
    assert version.files.are_scored_in_parts("image")
