"""A job only moves forward, and steps can be repeated."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from auto_retrain.domain.ending import Ending
from auto_retrain.domain.errors import IllegalTransition
from auto_retrain.domain.job import PendingStep, RetrainingJob
from auto_retrain.domain.status import RetrainingStatus
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.windows import windows_at

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def a_job(status: RetrainingStatus) -> RetrainingJob:
    return RetrainingJob(
        job_id="churn-1",
        model_name="churn",
        trigger_type=TriggerType.MANUAL,
        trigger_reason="test",
        event_time=NOW,
        execution_arn="arn",
        policy_version=1,
        created_at=NOW,
        windows=windows_at(NOW, evaluation_days=1, training_days=7, label_delay_days=0),
        status=status,
    )


STEP = PendingStep(kind="train", kubernetes_job="churn-1-train-1", task_token="token", since=NOW)
# Every step that moves a job to another status.
STEPS: dict[str, tuple[RetrainingStatus, Callable[[RetrainingJob], RetrainingJob]]] = {
    "waiting_for": (RetrainingStatus.RUNNING, lambda job: job.waiting_for(STEP)),
    "under_validation": (RetrainingStatus.VALIDATION, lambda job: job.under_validation()),
    "deploying": (RetrainingStatus.DEPLOYING, lambda job: job.deploying()),
    **{ending.value: (ending.status, partial(RetrainingJob.ended, ending=ending, at=NOW)) for ending in Ending},
}


def test_every_step_to_a_promoted_challenger_is_legal() -> None:
    job = a_job(RetrainingStatus.PENDING)
    for step in ("waiting_for", "waiting_for", "under_validation", "deploying", "promoted"):
        job = STEPS[step][1](job)
    assert job.status.is_terminal


@given(st.sampled_from(RetrainingStatus), st.sampled_from(sorted(STEPS)))
def test_no_job_leaves_a_terminal_status_or_goes_back(before: RetrainingStatus, step: str) -> None:
    after, take = STEPS[step]
    order = list(RetrainingStatus)
    backwards = order.index(after) < order.index(before)
    if (before.is_terminal and after is not before) or (backwards and not after.is_terminal):
        with pytest.raises(IllegalTransition, match="churn-1"):
            take(a_job(before))


def test_a_rejected_challenger_ends_completed_without_being_deployed() -> None:
    job = a_job(RetrainingStatus.VALIDATION).ended(Ending.REJECTED, NOW)
    assert (job.status, job.deployed, job.completed_at) == (RetrainingStatus.COMPLETED, False, NOW)


def test_a_later_step_does_not_change_when_the_job_started() -> None:
    job = a_job(RetrainingStatus.PENDING).waiting_for(STEP)
    later = STEP.changed(kind="score", since=NOW + timedelta(hours=1))
    assert job.waiting_for(later).started_at == NOW


def test_a_record_rejects_misspelled_fields_and_wrong_types() -> None:
    job = a_job(RetrainingStatus.PENDING)
    with pytest.raises(ValidationError, match="eror"):
        job.changed(eror="no data")
    with pytest.raises(ValidationError, match="started_at"):
        job.changed(started_at="yesterday")


@pytest.mark.parametrize("ending", Ending)
def test_every_ending_has_a_terminal_status_and_a_sentence(ending: Ending) -> None:
    job = a_job(RetrainingStatus.DEPLOYING).changed(status=ending.status, ending=ending, error="no data")
    assert ending.status.is_terminal
    assert "churn" in job.summary()
