"""Serving on AWS as emulated: what it reads is what was deployed, and what it logs is what a rollout is judged by."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from auto_retrain.adapters.data.s3 import S3DataStore
from auto_retrain.adapters.live.prediction_log import PredictionLogSource
from auto_retrain.bootstrap import serving_ports
from auto_retrain.domain.errors import SettingMissing
from auto_retrain.domain.live import LiveCounts
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.serving import Pick, PredictionLog, Router
from tests.aws_clients import REGION, aws_client
from tests.contracts.ports.aws_world import create_table
from tests.contracts.ports.logged import END, START, a_query, logged_policy

CHAMPION = Pick("1", "champion", 0.9, "1", None, "churn-2", 0)
COPIED = CHAMPION._replace(mirror="2")
CHALLENGER = Pick("2", "challenger", 0.1, "1", None, "churn-2", 0)


def test_a_router_reads_the_record_with_one_call_and_follows_it(aws: None) -> None:
    create_table("jobs")
    ledger = serving_ports(table_name="jobs").ledger
    adopted = ledger.write(ledger.serving("churn").adopted(ModelVersion(number="1"), "it served", START))
    router = Router.connect("churn", table_name="jobs", refresh_seconds=3600)
    assert (router.pick("ann").version, router.revision) == ("1", adopted.revision)
    ledger.write(adopted.adopted(ModelVersion(number="3"), "somebody moved it", START))
    router.refresh()
    router.close()
    assert (router.pick("ann").version, router.revision) == ("3", adopted.revision + 1)


@pytest.mark.parametrize(
    ("connect", "variable"), [(Router.connect, "TABLE_NAME"), (PredictionLog.connect, "DATA_BUCKET")]
)
def test_what_is_missing_is_named_at_once(aws: None, connect: Any, variable: str) -> None:
    with pytest.raises(SettingMissing, match=variable):
        connect("churn")


class Logged:
    """A log in S3, and the counts that a rollout is judged by."""

    def __init__(self) -> None:
        self._client = aws_client("s3")
        self._client.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
        self._log = PredictionLog.connect("churn", bucket="data", flush_seconds=3600)

    def write(self, pick: Pick, prediction: Any, at: datetime = START + timedelta(minutes=5), **more: Any) -> None:
        self._log.write(pick, prediction, predicted_at=at, **more)

    def counts(self, **policy: Any) -> LiveCounts:
        self._log.close()
        assert self._log.dropped == 0
        source = PredictionLogSource(S3DataStore(self._client, "data", "artifacts"))
        return source.read([a_query(logged_policy(**policy))])[0]


@pytest.fixture
def logged(aws: None) -> Logged:
    return Logged()


def test_every_row_is_counted_as_what_it_is(logged: Logged) -> None:
    for number in range(20):
        logged.write(CHAMPION, "yes", latency_ms=10, entity_id=number % 5, score=0.5)
    for hours in range(4):
        logged.write(CHALLENGER, "no", START + timedelta(hours=hours), latency_ms=30)
    logged.write(CHALLENGER, None, error="it cannot be loaded")
    logged.write(Pick("2", "pinned", 1.0, "1", None, "pinned"), "no")
    counts = logged.counts()
    assert (counts.problem, counts.dropped) == (None, 0)
    assert (counts.champion.requests, counts.champion.errors, counts.champion.entities) == (20, 0, 5)
    assert (counts.challenger.requests, counts.challenger.errors) == (5, 1)
    assert counts.newest_at == START + timedelta(hours=3)
    assert sum(counts.champion.latencies.values()) == 20


def test_a_copy_is_compared_with_its_original(logged: Logged) -> None:
    for number, answer in enumerate(("yes", "no", "yes")):
        logged.write(COPIED, "yes", prediction_id=number)
        logged.write(COPIED.for_copy, answer, prediction_id=number)
    counts = logged.counts()
    assert (counts.champion.requests, counts.challenger.requests, counts.copies.requests) == (3, 0, 3)
    assert (counts.paired.answered, counts.paired.equal) == (3, 2)


@pytest.mark.parametrize("answer", ["half \ud800", "new\nline", "\0", True, 1, 0.5, float("nan"), 2**60])
def test_whatever_was_answered_can_be_read(logged: Logged, answer: Any) -> None:
    logged.write(CHAMPION, answer, prediction_id="Zoë \udfff")
    logged.write(CHALLENGER, "yes", END - timedelta(hours=1))
    counts = logged.counts()
    assert (counts.problem, counts.champion.requests, counts.challenger.requests) == (None, 1, 1)
