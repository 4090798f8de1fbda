"""What it costs to read a thousand open rollouts, and to keep what they have shown, once each has many looks."""

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
import numpy as np
from moto import mock_aws

from auto_retrain.adapters.dynamodb.deployment_ledger import DynamoLedger
from auto_retrain.adapters.dynamodb.keys import model_key
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.adapters.memory.outside import MemoryClock
from auto_retrain.domain.analysis import Analysis, Look, RolloutEvidence
from auto_retrain.domain.files import VersionFiles
from auto_retrain.domain.live import ArmCounts, LiveCounts
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.deployment import CanaryDeployment
from auto_retrain.domain.policy.traffic import RouterTarget
from auto_retrain.domain.rollout import Rollout
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.domain.verdict import Outcome, Verdict
from local.bench.figure import Figure
from local.bench.sweep import table_request

ROLLOUTS = 1_000
LOOKS = 120
CHECKS = ("error_rate", "latency", "labelled_quality", "sample_ratio", "label_share", "error_rate_evidence")
# For each item of a transaction, moto copies its whole table, so that it could undo it.
UNDO_NOTHING = SimpleNamespace(deepcopy=lambda value: value)
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def measure() -> list[Figure]:
    """On DynamoDB as moto emulates it, whose own work is a part of the seconds."""
    random = np.random.default_rng(1)
    evidence = [_evidence(f"gl-{number:04}", random) for number in range(ROLLOUTS)]
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-central-1")
        client.create_table(**table_request())
        ledger = DynamoLedger(Table(client, "jobs"), MemoryClock(NOW))
        for each in evidence:
            ledger.note(_record(each.model_name))
        calls: list[str] = []
        client.meta.events.register("before-send.*", lambda event_name, **_: calls.append(event_name))
        started = time.perf_counter()
        with patch("moto.dynamodb.models.copy", UNDO_NOTHING):
            ledger.keep_evidence(evidence)
        kept, keeping = time.perf_counter(), len(calls)
        opened = ledger.list_open()
        listed = time.perf_counter()
        assert opened == [(_record(each.model_name).next_revision(), each) for each in evidence]
        stored = client.get_item(TableName="jobs", Key=model_key("gl-0000", "ROLLOUT"))["Item"]["zipped"]["B"]
    name, whole = f"{ROLLOUTS:,} open rollouts", len(evidence[0].model_dump_json())
    return [
        Figure(f"{name}: keeping what they have shown", kept - started, "s"),
        Figure(f"{name}: calls to keep it", keeping, "calls", 10, f"{ROLLOUTS:,} one by one"),
        Figure(f"{name}: reading them", listed - kept, "s"),
        Figure(f"{name}: calls to read them", len(calls) - keeping, "calls", 10, f"{2 * ROLLOUTS:,} one by one"),
        Figure("what a rollout has shown, stored", len(stored) / 1000, "kB", None, f"{whole / 1000:.0f} kB as JSON"),
    ]


def _record(model: str) -> ServingRecord:
    """A model whose version 2 answers the first requests."""
    version = ModelVersion(number="1", files=VersionFiles(artifact_sha256="0" * 64, image="trainer:1"), run_id="0" * 32)
    record = ServingRecord(model_name=model).adopted(version, "it served before", NOW).record
    rollout = Rollout(
        job_id=f"{model}-0123456789",
        challenger=version.changed(number="2"),
        deployment=CanaryDeployment(strategy="canary", traffic=RouterTarget(adapter="router")),
        policy_version=1,
        started_at=NOW,
        since=NOW,
        weight=5,
        task_token="t" * 600,
    )
    return record.rolling_out(rollout, "auto-retrain", "step 1 of 3", NOW).record


def _evidence(model: str, random: np.random.Generator) -> RolloutEvidence:
    """As a rollout of a day leaves it."""
    values = random.normal(size=(LOOKS, len(CHECKS)))
    times = [NOW + timedelta(minutes=12 * number) for number in range(LOOKS)]
    looks = tuple(Look(at=at, weight=5, values=_shown(row)) for at, row in zip(times, values, strict=True))
    verdicts = tuple(
        Verdict(check=name, outcome=Outcome.UNMET, reason="no worse than the champion", value=value, n=49_950)
        for name, value in looks[-1].values.items()
    )
    arm = ArmCounts(requests=949_050, errors=9_539, latencies={b: int(random.integers(70_000)) for b in range(28, 74)})
    return RolloutEvidence(
        model_name=model,
        rollout_id=f"{model}-0123456789",
        step=0,
        looked_at=looks[-1].at,
        counts=LiveCounts(champion=arm, challenger=arm, newest_at=looks[-1].at),
        analysis=Analysis(verdicts=verdicts),
        looks=looks,
    )


def _shown(values: Any) -> dict[str, float]:
    """With as many digits as are kept."""
    return {name: float(f"{value:.4g}") for name, value in zip(CHECKS, values, strict=True)}
