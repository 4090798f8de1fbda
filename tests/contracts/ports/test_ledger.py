"""DeploymentLedger: what served when; only a job that holds the lease of its model writes there."""

from datetime import timedelta

import pytest

from auto_retrain.domain.ending import Ending
from auto_retrain.domain.errors import ChampionConflict, JobConflict, PromotionRefused
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.model_state import Serving
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from tests.contracts.ports.aws_world import create_table, lose_answers
from tests.contracts.ports.stores import LEASE, NOW, Stores, a_deployment, a_job, deploying, dynamo_stores


def promote(stores: Stores, job: RetrainingJob, sequence: int = 1) -> RetrainingJob:
    return stores.ledger.append(a_deployment(sequence, job.job_id), job.promoted(NOW))


def is_untouched(stores: Stores, job: RetrainingJob) -> bool:
    return stores.ledger.current("churn") is None and stores.jobs.get(job.job_id) == job


def test_the_ledger_shows_the_newest_line_and_its_job_is_deployed(stores: Stores) -> None:
    assert stores.ledger.current("churn") is None
    for number in range(1, 12):
        job = deploying(stores, number)
        promoted = promote(stores, job, sequence=number)
        assert stores.jobs.get(job.job_id) == promoted == job.promoted(NOW).next_revision()
        stores.jobs.close_job(promoted.ended(Ending.PROMOTED, NOW), retrained=True)
    assert stores.ledger.current("churn") == a_deployment(11, "churn-11")


def test_the_state_of_a_model_names_the_version_that_serves_and_since_when(stores: Stores) -> None:
    assert stores.states.get("churn").serving is None
    for number in (1, 2):
        job = deploying(stores, number)
        promoted = promote(stores, job, sequence=number)
        # The job was created so many seconds after its event, and deployed at the same moment.
        assert stores.states.get("churn").serving == Serving(version=str(number), since=NOW - timedelta(seconds=number))
        stores.jobs.close_job(promoted.ended(Ending.PROMOTED, NOW), retrained=True)
    stores.states.record_moved_alias("churn", "somebody else moved it")
    assert stores.states.get("churn").serving is None
    stores.states.record_moved_alias("churn", None)
    assert stores.states.get("churn").serving is not None


def test_a_version_that_a_replayed_event_deploys_serves_since_then(stores: Stores) -> None:
    past = a_job(1, status=RetrainingStatus.DEPLOYING, event_time=NOW - timedelta(days=365), created_at=NOW - LEASE)
    promote(stores, stores.jobs.open_job(past, NOW + LEASE))
    assert stores.states.get("churn").serving == Serving(version="1", since=NOW - timedelta(days=365) + LEASE)


def test_a_deployment_forgets_the_days_on_which_the_version_before_was_degraded(stores: Stores) -> None:
    for kind in (TriggerType.PERFORMANCE_DEGRADATION, TriggerType.DATA_DRIFT):
        stores.states.record_breach("churn", kind, NOW.date())
    promote(stores, deploying(stores, 1))
    assert not any(stores.states.get("churn").breach_days(kind) for kind in TriggerType)


def test_a_line_is_accepted_once(stores: Stores) -> None:
    job = deploying(stores, 1)
    promoted = promote(stores, job)
    assert promote(stores, job) == promoted
    with pytest.raises(ChampionConflict, match="someone else"):
        stores.ledger.append(a_deployment(1, "churn-1"), promoted)
    assert stores.ledger.current("churn") == a_deployment(1, "churn-1")


def test_a_job_that_has_ended_deploys_nothing(stores: Stores) -> None:
    job = deploying(stores, 1)
    closed = stores.jobs.close_job(job.ended(Ending.FAILED, NOW, "stopped"), retrained=False)
    with pytest.raises(PromotionRefused, match="job 'churn-1' is failed and has given back the lease of 'churn'"):
        promote(stores, job)
    assert is_untouched(stores, closed)


def test_a_job_whose_lease_has_expired_deploys_nothing(stores: Stores) -> None:
    job = deploying(stores, 1)
    stores.clock.advance(LEASE)
    with pytest.raises(PromotionRefused, match=r"job 'churn-1' no longer holds the lease of 'churn'.* expired at 2026"):
        promote(stores, job)
    assert is_untouched(stores, job)


def test_a_job_whose_lease_another_job_has_taken_deploys_nothing(stores: Stores) -> None:
    job = deploying(stores, 1)
    stores.clock.advance(LEASE + timedelta(seconds=1))
    deploying(stores, 2)
    with pytest.raises(PromotionRefused, match=r"job 'churn-1' no longer holds .*: job 'churn-2' has taken it"):
        promote(stores, job)
    assert is_untouched(stores, job)


def test_a_job_that_never_had_the_lease_deploys_nothing(stores: Stores) -> None:
    with pytest.raises(PromotionRefused, match="it was given back"):
        promote(stores, a_job(1))
    assert stores.ledger.current("churn") is None


def test_a_job_that_was_changed_meanwhile_deploys_nothing_yet(stores: Stores) -> None:
    job = deploying(stores, 1)
    changed = stores.jobs.save(job.reported("s3://artifacts/report.html"))
    with pytest.raises(JobConflict):
        promote(stores, job)
    assert is_untouched(stores, changed)
    assert promote(stores, changed).deployed


def test_a_line_is_written_once_even_if_the_answer_is_lost(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = create_table("jobs")
    stores = dynamo_stores(client)
    job = deploying(stores, 1)
    lost = lose_answers(client, monkeypatch, "TransactWriteItems")
    promoted = promote(stores, job)
    assert lost
    assert stores.jobs.get(job.job_id) == promoted
    assert stores.ledger.current("churn") == a_deployment(1, "churn-1")
