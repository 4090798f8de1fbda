"""LiveSource in memory and on a prediction log in S3: the same rows give the same counts."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

import pandas as pd
import pytest

from auto_retrain.adapters.data.s3 import S3DataStore
from auto_retrain.adapters.live.prediction_log import PredictionLogSource
from auto_retrain.adapters.live.sources import LiveSources
from auto_retrain.adapters.memory.live import MemoryLiveSource
from auto_retrain.bootstrap import DeployedPorts
from auto_retrain.domain.errors import MetricsUnavailable
from auto_retrain.domain.live import LiveCounts, LiveQuery, PairedCounts
from auto_retrain.settings import Settings
from tests.aws_clients import REGION, aws_client
from tests.contracts.ports.logged import (
    END,
    START,
    a_query,
    a_row,
    as_json_lines,
    as_parquet,
    by_partition,
    logged_policy,
)

Rows = Sequence[Mapping[str, Any]]


class Live(Protocol):
    """A source into which a test writes a log and labels."""

    def count(self, query: LiveQuery, rows: Rows, labels: Mapping[str, Any] = ...) -> LiveCounts: ...


class InMemory:
    def count(self, query: LiveQuery, rows: Rows, labels: Mapping[str, Any] | None = None) -> LiveCounts:
        source = MemoryLiveSource()
        source.rows, source.labels[query.policy.model] = list(rows), dict(labels or {})
        return source.read([query])[0]


class InS3:
    def __init__(self, suffix: str) -> None:
        self._client = aws_client("s3")
        self._client.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
        self._suffix = suffix

    def count(self, query: LiveQuery, rows: Rows, labels: Mapping[str, Any] | None = None) -> LiveCounts:
        write = as_parquet if self._suffix == ".parquet" else as_json_lines
        for partition, part in by_partition(rows).items():
            self.put(f"predictions/model=churn/{partition}/part-0{self._suffix}", write(part))
        if labels:
            frame = pd.DataFrame({"id": list(labels), "label": list(labels.values())})
            self.put("labels/churn/date=2026-03-02/part-0.parquet", frame.to_parquet())
        return PredictionLogSource(S3DataStore(self._client, "data", "artifacts")).read([query])[0]

    def put(self, key: str, content: bytes) -> None:
        self._client.put_object(Bucket="data", Key=key, Body=content)


@pytest.fixture(params=["memory", ".parquet", ".jsonl.gz"])
def live(request: pytest.FixtureRequest) -> Live:
    if request.param == "memory":
        return InMemory()
    request.getfixturevalue("aws")
    return InS3(request.param)


def test_a_step_without_requests_has_no_counts_and_no_problem(live: Live) -> None:
    assert live.count(a_query(), []) == LiveCounts()


def test_an_empty_text_is_none(live: Live) -> None:
    """A program that writes "" for want of a null has no errors, and its rows are not all of one entity."""
    empty = {"error": "", "entity_id": "", "rollout_id": ""}
    rows = [a_row(number, "1" if number < 4 else "2", **empty) for number in range(6)]
    rows.append(a_row(6, "2", **empty | {"error": "timeout", "entity_id": "ada"}, prediction=None))
    counts = live.count(a_query(), rows)
    assert (counts.champion.requests, counts.champion.errors, counts.champion.entities) == (4, 0, 4)
    assert (counts.challenger.requests, counts.challenger.errors, counts.challenger.entities) == (3, 1, 3)


def test_requests_errors_and_latencies_are_counted_by_version(live: Live) -> None:
    rows = [
        a_row(1, "1", latency_ms=1.05),
        a_row(2, "1", latency_ms=1.15, minutes=90),
        a_row(3, "2", latency_ms=100.0),
        a_row(4, "2", error="timeout", prediction=None, latency_ms=3000.0, minutes=1500),
    ]
    counts = live.count(a_query(), rows)
    assert (counts.champion.requests, counts.champion.errors, counts.champion.latencies) == (2, 0, {0: 1, 1: 1})
    assert (counts.challenger.requests, counts.challenger.errors, counts.challenger.latencies) == (2, 1, {48: 1})
    assert counts.newest_at == START + timedelta(minutes=1500)
    assert (counts.dropped, counts.problem) == (0, None)


def test_of_repeated_rows_the_first_counts(live: Live) -> None:
    rows = [
        a_row(1, minutes=70, error="late"),
        a_row(1, minutes=5),
        a_row(1, minutes=130, error="later"),
        a_row(2, "2"),
    ]
    counts = live.count(a_query(), rows)
    assert (counts.champion.requests, counts.champion.errors, counts.dropped) == (1, 0, 2)


def test_rows_of_the_future_and_of_other_versions_are_dropped_and_counted(live: Live) -> None:
    rows = [a_row(1), a_row(2, predicted_at=END), a_row(3, "7"), a_row(4, "2")]
    counts = live.count(a_query(), rows)
    assert (counts.champion.requests, counts.challenger.requests, counts.dropped) == (1, 1, 2)


def test_rows_of_other_steps_rollouts_and_models_do_not_count_at_all(live: Live) -> None:
    rows = [a_row(1, minutes=-1), a_row(2, rollout_id="churn-1"), a_row(3, model="fraud"), a_row(4, rollout_id=None)]
    counts = live.count(a_query(), rows)
    assert (counts.champion.requests, counts.dropped) == (1, 0)


def test_an_entity_is_counted_once_and_a_row_that_names_none_is_one(live: Live) -> None:
    errors = {1: "timeout", 2: "timeout", 4: "timeout"}
    rows = [a_row(number, entity_id="ann" if number < 3 else None, error=errors.get(number)) for number in range(5)]
    counts = live.count(a_query(), rows)
    assert counts.champion.entities == 3
    assert counts.champion.entity_squares == 3**2 + 1 + 1
    assert (counts.champion.error_squares, counts.champion.error_products) == (2**2 + 1, 2 * 3 + 1)


def test_scores_are_counted_in_tenths(live: Live) -> None:
    rows = [a_row(number, score=score) for number, score in enumerate((0.0, 0.05, 0.1, 0.95, 1.0, 1.5))]
    scores = live.count(a_query(), rows[:5]).champion.scores
    assert scores == (2, 1, 0, 0, 0, 0, 0, 0, 0, 2)


def test_labels_judge_answers_however_they_are_spelled(live: Live) -> None:
    rows = [a_row(number, version, prediction=1.0) for number, version in enumerate("11222")]
    labels = {"p-0": "1", "p-1": "0", "p-2": "1", "p-3": "1"}
    counts = live.count(a_query(), rows, labels)
    assert (counts.champion.mature, counts.champion.labelled, counts.champion.good) == (2, 2, 1)
    assert (counts.challenger.mature, counts.challenger.labelled, counts.challenger.good) == (3, 2, 2)


def test_labels_may_be_joined_by_the_id_of_the_row(live: Live) -> None:
    query = a_query(logged_policy(requests={"label_key": "row_id"}))
    counts = live.count(query, [a_row(1), a_row(2, "2")], {"r-1": "yes", "r-2": "no"})
    assert (counts.champion.good, counts.challenger.good, counts.challenger.labelled) == (1, 0, 1)


def test_only_answers_count_whose_label_is_due_and_that_are_as_old_in_both_versions(live: Live) -> None:
    query = a_query(logged_policy(delay=1))
    # Labels are due of what was answered before noon of the first day: 90 minutes after the start.
    rows = [a_row(1, minutes=5), a_row(2, minutes=50), a_row(3, "2", minutes=40), a_row(4, "2", minutes=90)]
    counts = live.count(query, rows, {f"p-{number}": "yes" for number in range(1, 5)})
    assert (counts.champion.mature, counts.challenger.mature) == (1, 1)
    assert (counts.champion.labelled, counts.challenger.labelled) == (1, 1)


def test_without_answers_of_both_versions_no_label_counts(live: Live) -> None:
    assert live.count(a_query(), [a_row(1)], {"p-1": "yes"}).champion.mature == 0


def test_copies_are_no_requests_but_are_paired_with_their_originals(live: Live) -> None:
    answers = [("yes", "yes"), ("yes", "no"), ("no", "yes"), ("no", "no"), ("yes", "no")]
    rows = [a_row(number, prediction=own) for number, (own, _) in enumerate(answers)]
    rows += [a_row(number, "2", served=False, prediction=copy) for number, (_, copy) in enumerate(answers)]
    rows += [a_row(9, "2", served=False, prediction="no"), a_row(8, "2", served=False, prediction=None, error="oom")]
    counts = live.count(a_query(), rows, {f"p-{number}": "yes" for number in range(4)})
    assert (counts.champion.requests, counts.challenger.requests) == (5, 0)
    assert (counts.copies.requests, counts.copies.errors, counts.copies.labelled, counts.copies.good) == (7, 1, 4, 2)
    assert counts.paired == PairedCounts(
        answered=5,
        equal=2,
        both_right=1,
        only_champion_right=1,
        only_challenger_right=1,
        both_wrong=1,
        labelled=4,
    )


@pytest.mark.parametrize(("metric", "losses"), [("mae", (1.0, 2.0)), ("rmse", (1.0, 4.0))])
def test_a_regression_sums_errors(live: Live, metric: str, losses: tuple[float, float]) -> None:
    policy = logged_policy(task="regression")
    policy = policy.changed(validation=policy.validation.changed(primary_metric=metric))
    rows = [a_row(1, prediction=3.0), a_row(2, "2", prediction=5.0)]
    rows += [a_row(1, "2", served=False, prediction=2.0)]
    counts = live.count(a_query(policy), rows, {"p-1": 2.0, "p-2": 3.0})
    assert (counts.champion.loss, counts.challenger.loss) == losses
    assert counts.challenger.loss_squares == losses[1] ** 2
    assert (counts.champion.good, counts.paired.gain, counts.paired.labelled, counts.paired.equal) == (0, 1.0, 1, 0)


def test_a_source_that_fails_is_a_problem_of_its_own_models_only() -> None:
    class Away:
        def read(self, queries: Sequence[LiveQuery]) -> list[LiveCounts]:
            raise MetricsUnavailable("it did not answer")

    counted = a_policy_of("cloudwatch"), logged_policy()
    sources = LiveSources({"prediction_log": MemoryLiveSource, "cloudwatch": Away})
    away, there = sources.read([a_query(policy) for policy in counted])
    assert (away.problem, there.problem) == ("it did not answer", None)


def a_policy_of(source: str) -> Any:
    return logged_policy(requests={"source": source})


def test_s3_that_is_away_is_a_problem_and_not_silence(aws: None) -> None:
    client = aws_client("s3")
    (counts,) = PredictionLogSource(S3DataStore(client, "no-such-bucket", "artifacts")).read([a_query()])
    assert "NoSuchBucket" in (counts.problem or "")


@pytest.mark.parametrize(
    ("requests", "problem"),
    [
        ({"source": "prometheus", "requests_total": "r", "errors_total": "e"}, "PROMETHEUS_URL is not set"),
        ({"source": "prediction_log"}, "DATA_BUCKET is not set"),
    ],
)
def test_what_a_deployment_lacks_is_a_problem_that_names_it(requests: dict[str, str], problem: str, aws: None) -> None:
    ports = DeployedPorts(Settings(artifacts_bucket="artifacts"))
    (counts,) = ports.live.read([a_query(logged_policy(requests=requests))])
    assert problem in (counts.problem or "")


def test_values_of_the_users_own_are_summed_if_the_policy_asks_for_them(live: Live) -> None:
    rows = [a_row(number, business_value=value) for number, value in enumerate((10.0, -4.0, None, float("nan")))]
    asking = logged_policy(analysis={"business_metric": {"enabled": True}})
    counts = live.count(a_query(asking), rows).champion
    assert (counts.business, counts.business_squares, counts.business_rows) == (6.0, 116.0, 2)
    assert live.count(a_query(), rows).champion.business_rows == 0
