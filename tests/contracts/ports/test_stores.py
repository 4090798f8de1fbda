"""PolicyStore, JobStore, DeploymentLedger and NotificationLog, in memory and on DynamoDB."""

import json
import logging
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from auto_retrain.adapters.dynamodb.jobs import DynamoJobStore
from auto_retrain.adapters.dynamodb.ledger import DynamoLedger
from auto_retrain.adapters.dynamodb.notifications import DynamoNotificationLog
from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.adapters.memory.outside import MemoryClock
from auto_retrain.adapters.memory.stores import (
    MemoryJobStore,
    MemoryLedger,
    MemoryNotificationLog,
    MemoryPolicyStore,
)
from auto_retrain.domain.errors import (
    ChampionConflict,
    JobConflict,
    LeaseHeld,
    NotificationFailed,
    RecordInvalid,
    StoreUnavailable,
)
from auto_retrain.domain.job import Deployment, PendingStep, RetrainingJob, RetrainingStatus
from auto_retrain.domain.policy import TriggerType
from auto_retrain.domain.windows import windows_at
from auto_retrain.ports import DeploymentLedger, JobStore, NotificationLog, PolicyStore
from tests.contracts.ports.aws_world import create_table
from tests.unit.builders import a_policy

NOW = datetime(2026, 3, 1, tzinfo=UTC)
LEASE = timedelta(hours=1)
WINDOWS = windows_at(NOW, evaluation_days=10, training_days=20, label_delay_days=0)


@dataclass
class Stores:
    """All four on one storage."""

    clock: MemoryClock
    jobs: JobStore
    policies: PolicyStore
    ledger: DeploymentLedger
    notifications: NotificationLog


def memory_stores() -> Stores:
    clock = MemoryClock(NOW)
    jobs = MemoryJobStore(clock)
    return Stores(clock, jobs, MemoryPolicyStore(jobs), MemoryLedger(), MemoryNotificationLog(clock))


def dynamo_stores(client: Any) -> Stores:
    clock, table = MemoryClock(NOW), Table(client, "jobs")
    return Stores(
        clock,
        DynamoJobStore(table, clock),
        DynamoPolicyStore(table),
        DynamoLedger(table),
        DynamoNotificationLog(table, clock),
    )


@pytest.fixture(params=["memory", "dynamodb"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "memory":
        yield memory_stores()
    else:
        request.getfixturevalue("aws")
        yield dynamo_stores(create_table("jobs"))


def a_job(number: int = 1, model: str = "churn", **changes: Any) -> RetrainingJob:
    fields: dict[str, Any] = {
        "job_id": f"{model}-{number}",
        "model_name": model,
        "trigger_type": TriggerType.MANUAL,
        "trigger_reason": "test",
        "event_time": NOW,
        "execution_arn": f"arn:{model}:{number}",
        "policy_version": 1,
        "created_at": NOW + timedelta(seconds=number),
        "windows": WINDOWS,
    }
    return RetrainingJob(**{**fields, **changes})


def test_an_opened_job_is_found_active_and_owns_its_model(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(), NOW + LEASE)
    assert stores.jobs.get(job.job_id) == job
    assert stores.jobs.list_active() == [job]
    state = stores.jobs.model_state("churn")
    assert (state.owner_at(NOW), state.last_attempt_at, state.fence) == (job.job_id, NOW, 1)


def test_opening_the_same_job_again_gives_back_the_stored_one(stores: Stores) -> None:
    stores.jobs.open_job(a_job(), NOW + LEASE)
    again = stores.jobs.open_job(a_job(trigger_reason="told differently"), NOW + LEASE)
    assert again.trigger_reason == "test"
    assert stores.jobs.model_state("churn").fence == 1


def test_a_second_job_for_the_same_model_is_refused_and_leaves_nothing(stores: Stores) -> None:
    stores.jobs.open_job(a_job(1), NOW + LEASE)
    with pytest.raises(LeaseHeld, match="churn-1"):
        stores.jobs.open_job(a_job(2), NOW + LEASE)
    assert stores.jobs.get("churn-2") is None


def test_other_models_are_not_held_up(stores: Stores) -> None:
    stores.jobs.open_job(a_job(1), NOW + LEASE)
    stores.jobs.open_job(a_job(1, model="fraud"), NOW + LEASE)
    assert len(stores.jobs.list_active()) == 2


def test_a_lease_that_ran_out_is_taken_over_with_a_higher_fence(stores: Stores) -> None:
    stores.jobs.open_job(a_job(1), NOW + LEASE)
    stores.clock.advance(LEASE + timedelta(seconds=1))
    stores.jobs.open_job(a_job(2), stores.clock.now() + LEASE)
    state = stores.jobs.model_state("churn")
    assert (state.active_job, state.fence) == ("churn-2", 2)


def test_of_many_that_open_at_once_one_wins(stores: Stores) -> None:
    def attempt(number: int) -> bool:
        try:
            stores.jobs.open_job(a_job(number), NOW + LEASE)
        except (LeaseHeld, StoreUnavailable):
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(16))) == 1
    assert len(stores.jobs.list_active()) == 1


def test_a_saved_job_counts_its_revisions_and_refuses_an_old_one(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(), NOW + LEASE)
    saved = stores.jobs.save(job.moved_to(RetrainingStatus.RUNNING, started_at=NOW))
    assert saved.revision == 1
    assert stores.jobs.get(job.job_id) == saved
    with pytest.raises(JobConflict, match="revision 0"):
        stores.jobs.save(job.changed(error="from an old copy"))


def test_a_closed_job_is_not_active_and_gives_the_lease_back(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(), NOW + LEASE)
    stores.jobs.close_job(job.moved_to(RetrainingStatus.FAILED, error="no data"), retrained=False)
    state = stores.jobs.model_state("churn")
    assert stores.jobs.list_active() == []
    assert (state.owner_at(NOW), state.last_retrained_at, state.last_attempt_at) == (None, None, NOW)
    stores.jobs.open_job(a_job(2), NOW + LEASE)


def test_a_retraining_that_was_decided_is_remembered(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(status=RetrainingStatus.VALIDATION), NOW + LEASE)
    stores.jobs.close_job(job.moved_to(RetrainingStatus.COMPLETED), retrained=True)
    assert stores.jobs.model_state("churn").last_retrained_at == NOW


def test_closing_after_the_lease_went_to_another_leaves_their_lease_alone(stores: Stores) -> None:
    late = stores.jobs.open_job(a_job(1), NOW + LEASE)
    stores.clock.advance(LEASE + timedelta(seconds=1))
    stores.jobs.open_job(a_job(2), stores.clock.now() + LEASE)
    closed = stores.jobs.close_job(late.moved_to(RetrainingStatus.FAILED), retrained=False)
    assert stores.jobs.get("churn-1") == closed
    assert stores.jobs.model_state("churn").active_job == "churn-2"


def test_recent_jobs_come_newest_first_and_by_model(stores: Stores) -> None:
    for number in (1, 3, 2):
        job = stores.jobs.open_job(a_job(number), NOW + LEASE)
        stores.jobs.close_job(job.moved_to(RetrainingStatus.FAILED), retrained=False)
    stores.jobs.open_job(a_job(9, model="fraud"), NOW + LEASE)
    assert [job.job_id for job in stores.jobs.list_recent(None, 3)] == ["fraud-9", "churn-3", "churn-2"]
    assert [job.job_id for job in stores.jobs.list_recent("churn", 2)] == ["churn-3", "churn-2"]
    assert stores.jobs.list_recent("nobody", 5) == []


def test_recent_jobs_are_found_across_the_turn_of_a_year(stores: Stores) -> None:
    stores.clock.advance(datetime(2027, 1, 2, tzinfo=UTC) - stores.clock.now())
    old = a_job(1, created_at=datetime(2026, 12, 31, tzinfo=UTC))
    new = a_job(1, model="fraud", created_at=datetime(2027, 1, 1, tzinfo=UTC))
    for job in (old, new):
        stores.jobs.open_job(job, stores.clock.now() + LEASE)
    assert [job.job_id for job in stores.jobs.list_recent(None, 10)] == ["fraud-1", "churn-1"]


def test_what_was_looked_at_is_remembered_per_model(stores: Stores) -> None:
    stores.jobs.record_drift_check("churn", NOW)
    stores.jobs.record_retrain("churn", NOW + LEASE)
    state = stores.jobs.model_state("churn")
    assert (state.last_drift_check_at, state.last_retrained_at) == (NOW, NOW + LEASE)


def test_what_was_remembered_never_moves_back(stores: Stores) -> None:
    later, earlier = NOW + LEASE, NOW
    for moment in (later, earlier):
        stores.jobs.record_drift_check("churn", moment)
        stores.jobs.record_retrain("churn", moment)
    state = stores.jobs.model_state("churn")
    assert (state.last_drift_check_at, state.last_retrained_at) == (later, later)


def test_a_replay_of_an_old_event_keeps_the_newer_moments(stores: Stores) -> None:
    later, earlier = NOW + LEASE, NOW
    for number, moment in enumerate((later, earlier)):
        opened = a_job(number, event_time=moment, status=RetrainingStatus.VALIDATION)
        job = stores.jobs.open_job(opened, NOW + LEASE)
        stores.jobs.close_job(job.moved_to(RetrainingStatus.COMPLETED), retrained=True)
    state = stores.jobs.model_state("churn")
    assert (state.last_attempt_at, state.last_retrained_at, state.active_job) == (later, later, None)


def test_policies_are_versioned_and_the_same_one_again_is_no_new_version(stores: Stores) -> None:
    first = stores.policies.apply(a_policy(), "ada", NOW)
    assert stores.policies.apply(a_policy(), "bob", NOW + LEASE) == first
    second = stores.policies.apply(a_policy(owner="others@example.com"), "bob", NOW + LEASE)
    assert (first.version, second.version, second.applied_by) == (1, 2, "bob")
    assert stores.policies.get("churn") == second
    assert stores.policies.get("nobody") is None


def test_the_fleet_is_every_model_with_its_state(stores: Stores) -> None:
    for model in ("gl-002", "gl-001", "gl-003"):
        stores.policies.apply(a_policy(model=model), "ada", NOW)
    stores.jobs.open_job(a_job(model="gl-002"), NOW + LEASE)
    fleet = [(applied.policy.model, state.active_job) for applied, state in stores.policies.fleet()]
    assert fleet == [("gl-001", None), ("gl-002", "gl-002-1"), ("gl-003", None)]


def a_deployment(sequence: int, job_id: str) -> Deployment:
    return Deployment(
        model_name="churn",
        sequence=sequence,
        version=str(sequence),
        previous_version=None,
        job_id=job_id,
        reason="better",
        deployed_at=NOW,
        windows=WINDOWS,
    )


def test_the_ledger_says_what_serves_and_takes_each_line_once(stores: Stores) -> None:
    assert stores.ledger.current("churn") is None
    for sequence in range(1, 12):
        stores.ledger.append(a_deployment(sequence, f"churn-{sequence}"))
    stores.ledger.append(a_deployment(11, "churn-11"))
    with pytest.raises(ChampionConflict, match="someone else"):
        stores.ledger.append(a_deployment(11, "churn-other"))
    assert stores.ledger.current("churn") == a_deployment(11, "churn-11")


EVENT = "churn-1-started"
CLAIM = timedelta(minutes=2)


def test_an_event_has_one_teller_at_a_time_and_can_be_given_back(stores: Stores) -> None:
    assert stores.notifications.claim(EVENT, "first", NOW + CLAIM)
    assert stores.notifications.claim(EVENT, "first", NOW + CLAIM)
    with pytest.raises(NotificationFailed, match="another call"):
        stores.notifications.claim(EVENT, "second", NOW + CLAIM)
    stores.notifications.release(EVENT)
    assert stores.notifications.claim(EVENT, "second", NOW + CLAIM)


def test_the_claim_of_a_teller_that_was_stopped_runs_out(stores: Stores) -> None:
    stores.notifications.claim(EVENT, "first", NOW + CLAIM)
    stores.clock.advance(CLAIM + timedelta(seconds=1))
    assert stores.notifications.claim(EVENT, "second", stores.clock.now() + CLAIM)
    with pytest.raises(NotificationFailed):
        stores.notifications.claim(EVENT, "first", stores.clock.now() + CLAIM)


def test_an_event_that_was_told_is_remembered_until_it_may_be_forgotten(stores: Stores) -> None:
    stores.notifications.claim(EVENT, "first", NOW + CLAIM)
    stores.notifications.confirm(EVENT, NOW + LEASE)
    stores.clock.advance(LEASE)
    for teller in ("first", "second"):
        assert not stores.notifications.claim(EVENT, teller, stores.clock.now() + CLAIM)
    stores.clock.advance(timedelta(seconds=1))
    assert stores.notifications.claim(EVENT, "third", stores.clock.now() + CLAIM)


def test_the_table_forgets_events_by_its_time_to_live(aws: None) -> None:
    client = create_table("jobs")
    notifications = dynamo_stores(client).notifications
    notifications.claim(EVENT, "first", NOW + CLAIM)
    notifications.confirm(EVENT, NOW + LEASE)
    (item,) = client.scan(TableName="jobs")["Items"]
    assert item["expires_at"] == {"N": str(int((NOW + LEASE).timestamp()))}


def test_an_answer_lost_after_the_write_is_still_our_success(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    send, lost = client._endpoint._do_get_response, []

    def lose_one_write(request: Any, operation_model: Any, *rest: Any) -> Any:
        answer = send(request, operation_model, *rest)
        if operation_model.name in ("TransactWriteItems", "PutItem") and not lost:
            lost.append(True)
            return None, ReadTimeoutError(endpoint_url="dynamodb")
        return answer

    monkeypatch.setattr(client._endpoint, "_do_get_response", lose_one_write)
    job = stores.jobs.open_job(a_job(), NOW + LEASE)
    lost.clear()
    saved = stores.jobs.save(job.moved_to(RetrainingStatus.RUNNING))
    lost.clear()
    closed = stores.jobs.close_job(saved.moved_to(RetrainingStatus.FAILED), retrained=False)
    assert lost
    assert stores.jobs.get(job.job_id) == closed
    assert stores.jobs.model_state("churn").active_job is None
    lost.clear()
    assert stores.notifications.claim(EVENT, "first", NOW + CLAIM)
    lost.clear()
    stores.notifications.confirm(EVENT, NOW + LEASE)
    assert lost
    assert not stores.notifications.claim(EVENT, "second", NOW + CLAIM)


def test_a_throttled_table_is_a_transient_error(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    error = {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}}
    refuse = client.exceptions.ProvisionedThroughputExceededException(error, "GetItem")
    monkeypatch.setattr(client, "get_item", lambda **_: (_ for _ in ()).throw(refuse))
    with pytest.raises(StoreUnavailable, match="slow down"):
        dynamo_stores(client).jobs.get("churn-1")


def change_document(client: Any, pk: str, sk: str, change: Callable[[dict[str, Any]], None]) -> None:
    """Write another document into an item, as another release or a slip would."""
    item = client.get_item(TableName="jobs", Key={"pk": {"S": pk}, "sk": {"S": sk}})["Item"]
    document = json.loads(item["document"]["S"])
    change(document)
    client.put_item(TableName="jobs", Item={**item, "document": {"S": json.dumps(document)}})


PENDING = PendingStep(kind="train", kubernetes_job="churn-1-train-1", task_token="SECRET", since=NOW)


def test_a_job_that_cannot_be_read_stops_nobody_and_shows_no_token(aws: None, caplog: pytest.LogCaptureFixture) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    stores.jobs.open_job(a_job(1, pending=PENDING), NOW + LEASE)
    other = stores.jobs.open_job(a_job(1, model="fraud"), NOW + LEASE)
    change_document(client, "JOB#churn-1", "JOB", lambda document: document["pending"].update(kind="SECRET"))
    assert stores.jobs.list_active() == [other]
    assert stores.jobs.list_recent(None, 1) == [other]
    with pytest.raises(RecordInvalid, match=r"pending\.kind") as caught:
        stores.jobs.get("churn-1")
    assert ("auto_retrain", logging.ERROR, "JOB#churn-1") in [
        (name, level, text.split("'")[1]) for name, level, text in caplog.record_tuples
    ]
    shown = "".join(traceback.format_exception(caught.value))
    assert "SECRET" not in caplog.text + shown


def test_a_policy_that_cannot_be_read_leaves_the_rest_of_the_fleet(aws: None, caplog: pytest.LogCaptureFixture) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    for model in ("gl-001", "gl-002"):
        stores.policies.apply(a_policy(model=model), "ada", NOW)
    change_document(client, "MODEL#gl-001", "POLICY", lambda document: document["policy"].update(owner=None))
    assert [applied.policy.model for applied, _ in stores.policies.fleet()] == ["gl-002"]
    assert "MODEL#gl-001" in caplog.text
    with pytest.raises(RecordInvalid, match=r"policy\.owner"):
        stores.policies.get("gl-001")


def test_fields_of_a_newer_release_are_passed_over(aws: None) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    job = stores.jobs.open_job(a_job(pending=PENDING), NOW + LEASE)
    stores.ledger.append(a_deployment(1, "churn-1"))
    stores.policies.apply(a_policy(), "ada", NOW)
    change_document(client, "JOB#churn-1", "JOB", lambda document: document["pending"].update(new=1))
    change_document(client, "MODEL#churn", "DEPLOYMENT#000001", lambda document: document.update(new=1))
    change_document(client, "MODEL#churn", "POLICY", lambda document: document["policy"]["data"].update(new=1))
    assert stores.jobs.get("churn-1") == job
    assert stores.ledger.current("churn") == a_deployment(1, "churn-1")
    assert [applied.policy for applied, _ in stores.policies.fleet()] == [a_policy()]
