"""JobStore: job records, and the lease by which one job owns a model."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from auto_retrain.domain.errors import JobConflict, LeaseHeld, StoreUnavailable
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.status import RetrainingStatus
from tests.contracts.ports.aws_world import create_table, lose_answers
from tests.contracts.ports.stores import LEASE, NOW, Stores, a_job, completed, dynamo_stores, failed, rejected, running


def test_an_opened_job_is_active_and_owns_its_model(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(), NOW + LEASE)
    assert stores.jobs.get(job.job_id) == job
    assert stores.jobs.list_active() == [job]
    state = stores.states.get("churn")
    assert (state.owner_at(NOW), state.last_attempt_at, state.fence) == (job.job_id, NOW, 1)


def test_opening_the_same_job_again_returns_the_stored_one(stores: Stores) -> None:
    stores.jobs.open_job(a_job(), NOW + LEASE)
    again = stores.jobs.open_job(a_job(trigger_reason="another reason"), NOW + LEASE)
    assert again.trigger_reason == "test"
    assert stores.states.get("churn").fence == 1


def test_a_second_job_for_the_same_model_is_refused_and_not_stored(stores: Stores) -> None:
    stores.jobs.open_job(a_job(1), NOW + LEASE)
    with pytest.raises(LeaseHeld, match="churn-1"):
        stores.jobs.open_job(a_job(2), NOW + LEASE)
    assert stores.jobs.get("churn-2") is None


def test_a_job_does_not_block_other_models(stores: Stores) -> None:
    stores.jobs.open_job(a_job(1), NOW + LEASE)
    stores.jobs.open_job(a_job(1, model="fraud"), NOW + LEASE)
    assert len(stores.jobs.list_active()) == 2


def test_an_expired_lease_is_taken_over_with_a_higher_fence(stores: Stores) -> None:
    stores.jobs.open_job(a_job(1), NOW + LEASE)
    stores.clock.advance(LEASE + timedelta(seconds=1))
    stores.jobs.open_job(a_job(2), stores.clock.now() + LEASE)
    state = stores.states.get("churn")
    assert (state.active_job, state.fence) == ("churn-2", 2)


def test_of_many_jobs_opened_at_once_one_wins(stores: Stores) -> None:
    def attempt(number: int) -> bool:
        try:
            stores.jobs.open_job(a_job(number), NOW + LEASE)
        except (LeaseHeld, StoreUnavailable):
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(16))) == 1
    assert len(stores.jobs.list_active()) == 1


def test_saving_a_job_increments_its_revision_and_refuses_an_old_copy(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(), NOW + LEASE)
    saved = stores.jobs.save(running(job))
    assert saved.revision == 1
    assert stores.jobs.get(job.job_id) == saved
    with pytest.raises(JobConflict, match="revision 0"):
        stores.jobs.save(job.changed(error="from an old copy"))


def test_a_closed_job_is_not_active_and_releases_the_lease(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(), NOW + LEASE)
    stores.jobs.close_job(failed(job), retrained=False)
    state = stores.states.get("churn")
    assert stores.jobs.list_active() == []
    assert (state.owner_at(NOW), state.last_retrained_at, state.last_attempt_at) == (None, None, NOW)
    stores.jobs.open_job(a_job(2), NOW + LEASE)


def test_an_attempt_that_trained_nothing_is_remembered_as_such(stores: Stores) -> None:
    at = NOW.replace(microsecond=123456)
    job = stores.jobs.open_job(a_job(1, event_time=at), NOW + LEASE)
    stores.jobs.close_job(failed(job), retrained=False)
    job = stores.jobs.open_job(a_job(2), NOW + LEASE)
    trained = running(job).trained(ModelVersion(number="7"))
    saved = stores.jobs.save(trained)
    stores.jobs.close_job(failed(saved), retrained=False)
    state = stores.states.get("churn")
    assert (set(state.attempts), state.untrained) == ({at, NOW}, (at,))


def test_closing_a_retraining_stores_its_time(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(status=RetrainingStatus.VALIDATION), NOW + LEASE)
    stores.jobs.close_job(completed(job), retrained=True)
    assert stores.states.get("churn").last_retrained_at == NOW


def test_closing_a_job_leaves_a_lease_alone_that_another_job_has_taken_over(stores: Stores) -> None:
    late = stores.jobs.open_job(a_job(1), NOW + LEASE)
    stores.clock.advance(LEASE + timedelta(seconds=1))
    stores.jobs.open_job(a_job(2), stores.clock.now() + LEASE)
    closed = stores.jobs.close_job(failed(late), retrained=False)
    assert stores.jobs.get("churn-1") == closed
    assert stores.states.get("churn").active_job == "churn-2"


def test_recent_jobs_are_listed_newest_first_of_all_models_or_of_one(stores: Stores) -> None:
    for number in (1, 3, 2):
        job = stores.jobs.open_job(a_job(number), NOW + LEASE)
        stores.jobs.close_job(failed(job), retrained=False)
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


def test_a_throttled_table_is_a_transient_error(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    error = {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}}
    refuse = client.exceptions.ProvisionedThroughputExceededException(error, "BatchGetItem")
    monkeypatch.setattr(client, "batch_get_item", lambda **_: (_ for _ in ()).throw(refuse))
    with pytest.raises(StoreUnavailable, match="slow down"):
        dynamo_stores(client).jobs.get("churn-1")


def test_saving_or_closing_the_same_job_again_changes_nothing(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(), NOW + LEASE)
    started = running(job)
    saved = stores.jobs.save(started)
    assert stores.jobs.save(started) == saved
    ended = failed(saved)
    closed = stores.jobs.close_job(ended, retrained=False, rejections=rejected(1))
    assert stores.jobs.close_job(ended, retrained=False, rejections=rejected(1)) == closed
    assert stores.jobs.get(job.job_id) == closed


def test_closing_an_old_copy_is_refused_and_keeps_the_lease(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(), NOW + LEASE)
    stores.jobs.save(running(job))
    with pytest.raises(JobConflict, match="revision 0"):
        stores.jobs.close_job(failed(job), retrained=True)
    state = stores.states.get("churn")
    assert (state.active_job, state.last_retrained_at) == (job.job_id, None)


def test_a_write_succeeds_even_if_its_answer_is_lost(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    jobs = stores.jobs
    lost = lose_answers(client, monkeypatch, "TransactWriteItems", "PutItem")
    job = jobs.open_job(a_job(status=RetrainingStatus.VALIDATION), NOW + LEASE)
    saved = jobs.save(job.frozen("s3://artifacts/manifest.json", "digest"))
    assert set(lost) == {"TransactWriteItems", "PutItem"}
    lost.clear()
    closed = jobs.close_job(completed(saved), retrained=True, rejections=rejected(2))
    assert lost
    assert jobs.get(job.job_id) == closed
    state = stores.states.get("churn")
    assert (state.active_job, state.fence, state.attempts) == (None, 1, (NOW,))
    assert (state.last_retrained_at, state.rejected_in_a_row) == (NOW, 2)


def test_closing_never_overwrites_a_later_retraining_recorded_meanwhile(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores = dynamo_stores(create_table("jobs"))
    jobs = stores.jobs
    job = jobs.open_job(a_job(status=RetrainingStatus.VALIDATION), NOW + LEASE)
    ended, outdated = completed(job), stores.states.get("churn")
    stores.states.record_retrain("churn", NOW + LEASE)
    with monkeypatch.context() as earlier:
        earlier.setattr("auto_retrain.adapters.dynamodb.states.DynamoModelStates.get", lambda *_: outdated)
        with pytest.raises(JobConflict):
            jobs.close_job(ended, retrained=True)
    jobs.close_job(ended, retrained=True)
    assert stores.states.get("churn").last_retrained_at == NOW + LEASE


def test_an_ended_job_is_listed_until_its_end_is_announced(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(), NOW + LEASE)
    assert stores.jobs.list_unannounced() == []
    closed = stores.jobs.close_job(failed(job), retrained=False)
    assert stores.jobs.list_unannounced() == [closed]
    stores.jobs.save(closed.after_announcement())
    assert stores.jobs.list_unannounced() == stores.jobs.list_active() == []


def test_a_job_comes_with_the_decision_that_opened_it(stores: Stores) -> None:
    job = stores.jobs.open_job(a_job(1), NOW + LEASE)
    stores.jobs.open_job(job, NOW + LEASE)
    with pytest.raises(LeaseHeld):
        stores.jobs.open_job(a_job(2), NOW + LEASE)
    (decision,) = stores.decisions.recent("churn", 9)
    assert (decision.job_id, decision.outcome, decision.reason) == ("churn-1", "started", "test")


def test_jobs_since_a_moment_are_those_of_all_models_and_months(stores: Stores) -> None:
    for number, days in enumerate((100, 40, 31, 2, 0), start=1):
        job = a_job(number, model=f"m-{number}", created_at=NOW - timedelta(days=days))
        stores.jobs.open_job(job, NOW + LEASE)
    since = stores.jobs.list_since(NOW - timedelta(days=40))
    assert [job.job_id for job in since] == ["m-5-5", "m-4-4", "m-3-3", "m-2-2"]


def test_jobs_of_one_model_since_a_moment_are_those_of_no_other(stores: Stores) -> None:
    for number, (model, days) in enumerate([("churn", 40), ("fraud", 2), ("churn", 31), ("churn", 1)], start=1):
        job = stores.jobs.open_job(a_job(number, model=model, created_at=NOW - timedelta(days=days)), NOW + LEASE)
        stores.jobs.close_job(failed(job), retrained=False)
    since = stores.jobs.list_of_model("churn", NOW - timedelta(days=31))
    assert [job.job_id for job in since] == ["churn-4", "churn-3"]
