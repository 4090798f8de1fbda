"""The counts of a function become metrics through its log."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from auto_retrain import entrypoint
from auto_retrain.domain.base import Record
from auto_retrain.domain.messages import JobReference, ScheduledEvent, WatchOutcome

CONTEXT = SimpleNamespace(
    function_name="watch",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:::watch",
    aws_request_id="1",
)


def watching(tick: ScheduledEvent, ports: Any) -> WatchOutcome:
    return WatchOutcome(alive=4, unreconciled=2)


def counting_nothing(job: JobReference, ports: Any) -> Record:
    return job


def embedded_metrics(output: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return [line for line in lines if "_aws" in line]


@pytest.fixture(autouse=True)
def _a_deployment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entrypoint, "_ports", lambda: None)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "auto-retrain-dev")


def test_the_counts_of_a_pass_are_written_as_metrics_of_the_stage(capsys: pytest.CaptureFixture[str]) -> None:
    entrypoint.lambda_entrypoint(watching)({}, CONTEXT)

    (emitted,) = embedded_metrics(capsys.readouterr().out)
    (declared,) = emitted["_aws"]["CloudWatchMetrics"]
    assert declared["Namespace"] == "AutoRetrain/Pipeline"
    assert declared["Dimensions"] == [["service"]]
    assert [metric["Name"] for metric in declared["Metrics"]] == ["unreconciled_jobs"]
    assert emitted["unreconciled_jobs"] == [2.0]
    assert emitted["service"] == "auto-retrain-dev"


def test_a_function_that_counts_nothing_writes_no_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    entrypoint.lambda_entrypoint(counting_nothing)({"job_id": "churn-1"}, CONTEXT)

    assert embedded_metrics(capsys.readouterr().out) == []
