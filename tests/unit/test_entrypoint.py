"""Counts and facts of a function get out through its log."""

import io
import json
import logging
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from auto_retrain import entrypoint
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.base import Record
from auto_retrain.domain.facts.promoting import ProfileKept
from auto_retrain.domain.messages.data import ProfileOutcome
from auto_retrain.domain.messages.references import JobReference, ScheduledEvent
from auto_retrain.domain.messages.training import WatchOutcome
from auto_retrain.usecases.audit.record import FACTS_LOG, record
from tests.unit.builders import NOON
from tests.unit.usecases.world import World

CONTEXT = SimpleNamespace(
    function_name="watch",
    memory_limit_in_mb="512",
    invoked_function_arn="arn:aws:lambda:::watch",
    aws_request_id="1",
)


def watching(tick: ScheduledEvent, ports: Any) -> WatchOutcome:
    return WatchOutcome(alive=4, unreconciled=2)


def counting_nothing(job: JobReference, ports: Any) -> Record:
    return job


def profiling(job: JobReference, ports: Any) -> ProfileOutcome:
    return ProfileOutcome(uri="s3://artifacts/profile.json", rows=1, features=1)


def keeping_a_profile(job: JobReference, ports: Any) -> Record:
    record(ProfileKept(model_name="churn", job_id=job.job_id, at=NOON, version="2", rows=100), MemoryPorts())
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
    assert [metric["Name"] for metric in declared["Metrics"]] == ["unreconciled_jobs", "watch_problems"]
    assert (emitted["unreconciled_jobs"], emitted["watch_problems"]) == ([2.0], [0.0])
    assert emitted["service"] == "auto-retrain-dev"


def test_a_function_that_counts_nothing_writes_no_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    entrypoint.lambda_entrypoint(counting_nothing)({"job_id": "churn-1"}, CONTEXT)

    assert embedded_metrics(capsys.readouterr().out) == []


def test_a_fact_is_one_line_of_the_log_with_its_fields_and_the_keys_of_the_call() -> None:
    output = io.StringIO()
    handler = entrypoint.logger.registered_handler
    assert handler in logging.getLogger(FACTS_LOG).handlers
    with patch.object(handler, "stream", output):
        entrypoint.lambda_entrypoint(keeping_a_profile)({"job_id": "churn-1"}, CONTEXT)

    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    (line,) = [line for line in lines if "fact" in line]
    assert line["message"] == "A profile of 100 rows was stored beside churn version 2"
    assert (line["job_id"], line["fact"]["fact_id"]) == ("churn-1", "churn-1-profile-kept")
    assert (line["fact"]["kind"], line["fact"]["rows"]) == ("profile_kept", 100)


def test_only_a_call_about_one_job_is_measured() -> None:
    world = World()
    job = world.job(world.open())
    entrypoint.lambda_entrypoint(counting_nothing)({"job_id": "churn-1"}, CONTEXT)
    assert entrypoint.METER.stamp(job).usage.functions["counting_nothing"].calls == 1
    entrypoint.lambda_entrypoint(watching)({}, CONTEXT)
    assert entrypoint.METER.stamp(job) is job


def test_a_function_that_saves_no_job_answers_with_what_it_used() -> None:
    answer = entrypoint.lambda_entrypoint(profiling)({"job_id": "churn-1"}, CONTEXT)
    assert answer["used"]["calls"] == 1
    assert answer["used"]["gb_seconds"] >= 0
