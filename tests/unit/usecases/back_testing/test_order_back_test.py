"""A back-test with trainings is ordered once for each request, and its result is believed only if it is its own."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.cluster import Obstacle
from auto_retrain.domain.deployment_ledger import LedgerLine
from auto_retrain.domain.errors import ArtifactInvalid, ClusterUnavailable, EventInvalid, PolicyInvalid, TrainingFailed
from auto_retrain.domain.messages.references import ScheduledEvent
from auto_retrain.domain.messages.triggering import ExecutionStarted
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.trained_back_test import (
    AskedBackTest,
    BackTestManifest,
    BackTestRequest,
    BackTestResult,
    BackTestRun,
)
from auto_retrain.domain.windows import Window
from auto_retrain.usecases.back_testing.back_test_request import asked_back_test, request_of
from auto_retrain.usecases.back_testing.order_back_test import result_of, start_back_test
from auto_retrain.usecases.triggering.check_triggers import check_triggers
from auto_retrain.usecases.watching.watch_jobs import watch_jobs
from tests.unit.builders import a_policy

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAYS = Window(start=date(2026, 3, 1), end=date(2026, 4, 1))


class Ordering:
    """A deployment in memory with data of half a year, and somebody who tries a policy on March."""

    def __init__(self, **policy: Any) -> None:
        self.ports: Any = MemoryPorts()
        self.ports.clock.advance(NOW - self.ports.clock.now())
        self.policy = a_policy(**policy)
        self.ports.policies.apply(self.policy, "ada", NOW)
        for number in range(150):
            day = date(2026, 1, 1) + timedelta(days=number)
            self.ports.data.add_partition("churn", day, f"{day}".encode())

    def asked(self, metric: str | None = None, **policies: Policy) -> AskedBackTest:
        return asked_back_test(policies or {"churn": self.policy}, DAYS, self.ports, metric)

    def request(self) -> BackTestRequest:
        return request_of(self.asked(), self.ports)

    def start(self, again: bool = False) -> BackTestRun:
        return start_back_test(self.asked(), self.ports, again)

    def leave(self, ordered: BackTestRun, **changes: Any) -> None:
        """Do what the pod does."""
        about = {"schema_version": 1, "kind": "back_test", "job_id": ordered.job_id, "tests": []}
        about |= {"manifest_sha256": ordered.manifest_sha256, **changes}
        self.ports.data.write(f"{ordered.output}result.json", json.dumps(about).encode())

    def serve(self, at: datetime) -> None:
        version = ModelVersion(number="1")
        about: dict[str, Any] = {"model_name": "churn", "sequence": 1, "job_id": None, "reason": "it is good"}
        line = LedgerLine(**about, version=version, previous_version=None, deployed_at=at, windows=None)
        self.ports.ledger.add(line)

    def ask(self, at: datetime, **event: Any) -> None:
        asked = {"model_name": "churn", "actor": "ada", "reason": "new labels", "event_time": at.isoformat(), **event}
        check_triggers(ExecutionStarted(event=asked, execution_arn=f"arn:{at}"), self.ports)


def test_the_same_request_finds_the_same_job() -> None:
    ordering = Ordering()
    once, again = ordering.start(), ordering.start()
    assert once == again
    assert list(ordering.ports.cluster.orders) == [once.kubernetes_job]
    ((order,),) = ordering.ports.cluster.orders.values()
    assert (order.kind, order.job_id) == ("back_test", once.job_id)
    assert order.output_uri.startswith("s3://artifacts/training/")
    manifest = BackTestManifest.model_validate_json(ordering.ports.data.read(order.manifest_uri))
    request = ordering.request()
    assert BackTestManifest(job_id=once.job_id, **dict(request)) == manifest


def test_the_same_request_finds_it_whatever_has_become_of_data_labels_and_prices() -> None:
    ordering = Ordering()
    once = ordering.start()
    ordering.ports.data.add_partition("churn", date(2026, 3, 5), b"more", name="part-1.parquet")
    prices = ordering.ports.prices
    prices.list = prices.list.changed(prices=prices.list.prices.changed(region="eu-central-1"))
    ordering.ports.states.set(ordering.ports.states.get("churn").changed(costs=()))
    ordering.ports.clock.advance(timedelta(days=1))
    assert ordering.start() == once


def test_another_policy_metric_or_other_days_are_another_request() -> None:
    ordering = Ordering(metric={"name": "revenue"}, triggers={"enabled": ["scheduled"]})
    stricter = ordering.policy.changed(triggers=ordering.policy.triggers.changed(min_rows=77))
    asked = [
        ordering.asked(),
        ordering.asked("accuracy"),
        ordering.asked(churn=stricter),
        ordering.asked(churn=ordering.policy, other=stricter),
        ordering.asked().changed(days=Window(start=DAYS.start, end=DAYS.end - timedelta(days=1))),
        ordering.asked().changed(image="another"),
    ]
    runs = [start_back_test(each, ordering.ports) for each in asked]
    assert len({run.job_id for run in runs}) == len(asked)


def test_it_is_tried_once_more_on_the_data_of_then_where_a_person_asks_for_that() -> None:
    ordering = Ordering()
    once = ordering.start()
    ordering.leave(once)
    ordering.ports.data.add_partition("churn", date(2026, 3, 5), b"more", name="part-1.parquet")
    again = ordering.start(again=True)
    assert (again.job_id, again.number) == (once.job_id, 2)
    assert again.output != once.output
    assert again.manifest_sha256 != once.manifest_sha256
    assert isinstance(result_of(again, ordering.ports), str)
    assert ordering.start() == again


def test_two_callers_at_the_same_instant_agree_on_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    ordering, others = Ordering(), []
    write_once = ordering.ports.data.write_once

    def second(key: str, content: bytes) -> bool:
        if not others:
            others.append(None)
            others[0] = ordering.start()
        return bool(write_once(key, content))

    monkeypatch.setattr(ordering.ports.data, "write_once", second)
    assert [ordering.start()] == others
    assert len(ordering.ports.cluster.orders) == 1


def test_a_run_whose_caller_ended_before_its_job_was_started_is_started() -> None:
    ordering = Ordering()
    start_job = ordering.ports.cluster.start_job
    ordering.ports.cluster.start_job = None
    with pytest.raises(TypeError):
        ordering.start()
    ordering.ports.cluster.start_job = start_job
    run = ordering.start()
    assert run.number == 1
    assert list(ordering.ports.cluster.orders) == [run.kubernetes_job]


def test_its_result_is_shown_again_without_another_job() -> None:
    ordering = Ordering()
    once = ordering.start()
    assert isinstance(result_of(once, ordering.ports), str)
    ordering.leave(once)
    ordering.ports.cluster.finish(once.kubernetes_job)
    assert isinstance(result_of(once, ordering.ports), BackTestResult)
    ordering.ports.cluster.delete_job(ordering.ports.cluster.list_jobs().jobs[0])
    assert ordering.start() == once
    assert isinstance(result_of(once, ordering.ports), BackTestResult)
    assert not ordering.ports.cluster.list_jobs().jobs


def test_one_that_failed_is_told_with_its_reason_and_started_anew() -> None:
    ordering = Ordering()
    once = ordering.start()
    ordering.ports.cluster.fail(once.kubernetes_job, "exit code 1; last log line: out of memory")
    with pytest.raises(TrainingFailed, match="out of memory"):
        result_of(once, ordering.ports)
    again = ordering.start()
    assert again.kubernetes_job != once.kubernetes_job
    assert again.output != once.output


def test_the_second_one_is_found_after_the_failed_first_one_has_expired() -> None:
    ordering = Ordering()
    once = ordering.start()
    ordering.ports.cluster.fail(once.kubernetes_job, "exit code 1")
    again = ordering.start()
    (failed,) = (job for job in ordering.ports.cluster.list_jobs().jobs if job.name == once.kubernetes_job)
    ordering.ports.cluster.delete_job(failed)
    assert ordering.start() == again


def test_a_namespace_that_cannot_be_listed_is_no_sign_that_it_is_gone() -> None:
    ordering = Ordering()
    once = ordering.start()
    (job,) = ordering.ports.cluster.list_jobs().jobs
    ordering.ports.cluster.delete_job(job)
    ordering.ports.cluster.unlisted = {"auto-retrain": "the Kubernetes API did not answer"}
    with pytest.raises(ClusterUnavailable, match="'auto-retrain' cannot be read: the Kubernetes API did not answer"):
        result_of(once, ordering.ports)
    with pytest.raises(ClusterUnavailable):
        ordering.start()


def test_one_that_is_gone_or_can_never_run_is_no_reason_to_wait() -> None:
    ordering = Ordering()
    once = ordering.start()
    never = Obstacle(reason="no node has so much memory", since=None, may_pass=False, never_passes=True)
    ordering.ports.cluster.change(once.kubernetes_job, ready_pods=0)
    ordering.ports.cluster.obstruct(once.kubernetes_job, never)
    with pytest.raises(TrainingFailed, match="no node has so much memory"):
        result_of(once, ordering.ports)
    with pytest.raises(TrainingFailed, match="is gone"):
        result_of(once, ordering.ports)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"job_id": "other"}, "is about the job 'other', not about 'churn-"),
        ({"manifest_sha256": "0" * 64}, "is about the manifest '000"),
        ({"tests": 5}, "tests"),
    ],
)
def test_a_result_about_something_else_is_refused(changes: dict[str, Any], problem: str) -> None:
    ordering = Ordering()
    once = ordering.start()
    ordering.leave(once, **changes)
    with pytest.raises(ArtifactInvalid, match=f"result document '.*{problem}"):
        result_of(once, ordering.ports)


def test_the_watcher_neither_deletes_nor_counts_it() -> None:
    ordering = Ordering()
    once = ordering.start()
    ordering.ports.cluster.change(once.kubernetes_job, created_at=NOW - timedelta(hours=2))
    outcome = watch_jobs(ScheduledEvent(time=NOW), ordering.ports)
    assert (outcome.deleted, outcome.problems) == (0, ())
    assert [job.name for job in ordering.ports.cluster.list_jobs().jobs] == [once.kubernetes_job]


def test_nothing_of_the_deployment_changes() -> None:
    ordering = Ordering()
    state = ordering.ports.states.get("churn")
    ordering.start()
    assert ordering.ports.states.get("churn") == state
    assert not ordering.ports.jobs.list_active()
    assert not ordering.ports.events.published


def test_the_first_version_is_trained_at_once_if_one_served_or_nobody_would_ask() -> None:
    scheduled, metric = {"enabled": ["scheduled"]}, {"enabled": ["performance_degradation"]}
    assert not Ordering(triggers=scheduled).request().trains_first
    assert Ordering(triggers=metric).request().trains_first
    served = Ordering(triggers=scheduled)
    served.serve(datetime(2026, 2, 1, tzinfo=UTC))
    assert served.request().trains_first
    later = Ordering(triggers=scheduled)
    later.serve(datetime(2026, 3, 2, tzinfo=UTC))
    assert not later.request().trains_first


def test_what_people_asked_for_is_asked_for_again_with_their_own_parameters() -> None:
    ordering = Ordering(training={"parameters": {"max_iter": 50}})
    ordering.ask(datetime(2026, 3, 4, 9, tzinfo=UTC), parameters={"depth": 3})
    request = ordering.request()
    (asked,) = request.asked
    assert (asked.actor, asked.reason, asked.parameters) == ("ada", "new labels", {"depth": 3})
    assert not request.trains_first


def test_only_the_days_that_may_be_read_are_listed() -> None:
    (listing,) = Ordering().request().listings
    policy = a_policy()
    before = policy.triggers.training_window_days + policy.triggers.evaluation_window_days
    first, last = listing.objects[0].date, listing.objects[-1].date
    assert first == max(DAYS.start - timedelta(days=before + 1), date(2026, 1, 1))
    assert last == DAYS.end + timedelta(days=policy.triggers.evaluation_window_days)


def test_what_cannot_be_tried_is_named_before_anything_is_started() -> None:
    ordering = Ordering(metric={"name": "revenue"})
    with pytest.raises(PolicyInvalid, match=r"metric\.name = 'revenue'.*f1_score.*without --train"):
        ordering.start()
    with pytest.raises(PolicyInvalid, match=r"--metric rmse: is no metric of a classification; allowed are accuracy"):
        ordering.asked("rmse")
    one, other = (a_policy(training={"image": f"registry/{name}@sha256:{'0' * 64}"}) for name in ("a", "b"))
    with pytest.raises(EventInvalid, match=r"training\.image"):
        Ordering().asked(one=one, other=other)


@pytest.mark.parametrize(
    ("metric", "triggers", "fitting"),
    [
        ("log_loss", {}, r"'higher_is_better' and performance_metric_scale 'share'; allowed are accuracy"),
        ("f1_score", {"performance_metric_direction": "lower_is_better"}, r"allowed are brier_score"),
        (
            "accuracy",
            {"performance_metric_direction": "lower_is_better", "performance_metric_scale": "number"},
            r"allowed are log_loss, brier_score",
        ),
    ],
)
def test_a_metric_that_the_threshold_cannot_be_compared_with_is_refused_with_those_that_can(
    metric: str, triggers: dict[str, Any], fitting: str
) -> None:
    with pytest.raises(PolicyInvalid, match=rf"--metric {metric}: does not fit .*{fitting}"):
        Ordering(metric={"name": "revenue"}, triggers=triggers).asked(metric)
    with pytest.raises(PolicyInvalid, match=rf"metric\.name = '{metric}': does not fit"):
        Ordering(metric={"name": metric}, triggers=triggers).asked()


def test_where_no_metric_fits_the_fields_are_named_that_leave_none() -> None:
    regression = {"task": "regression", "prefix": "churn", "row_id": "id", "label": "days", "numeric": ["age"]}
    none_fits = (
        r"no metric fits while triggers\.performance_metric_direction is 'higher_is_better' and .*scale is 'share'"
    )
    for given, own in ((None, {"performance_metric_threshold": 0.9}), ("rmse", {}), ("accuracy", {})):
        with pytest.raises(PolicyInvalid, match=none_fits):
            Ordering(data=regression, triggers=own).asked(given)


def test_a_metric_is_not_ignored_where_the_prediction_log_says_what_it_is() -> None:
    ordering = Ordering(metric={"source": "prediction_log"})
    with pytest.raises(EventInvalid, match=r"--metric f1_score: the prediction log says .* accuracy; leave it out"):
        ordering.asked("f1_score")
    other = ordering.policy.changed(metric={"name": "revenue"})
    assert ordering.asked("f1_score", churn=ordering.policy, other=other).metric == "f1_score"
