"""A job moves forward only, and a step may be repeated."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.errors import IllegalTransition
from auto_retrain.domain.job import RetrainingJob, RetrainingStatus
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


def test_the_way_of_a_promoted_challenger_is_legal() -> None:
    job = a_job(RetrainingStatus.PENDING)
    for status in ("running", "validation", "deploying", "completed"):
        job = job.moved_to(RetrainingStatus(status))
    assert job.status.is_terminal


@given(st.sampled_from(RetrainingStatus), st.sampled_from(RetrainingStatus))
def test_no_job_leaves_a_terminal_status_or_goes_back(before: RetrainingStatus, after: RetrainingStatus) -> None:
    order = list(RetrainingStatus)
    backwards = order.index(after) < order.index(before)
    if (before.is_terminal and after is not before) or (backwards and not after.is_terminal):
        with pytest.raises(IllegalTransition, match="churn-1"):
            a_job(before).moved_to(after)


def test_a_rejected_challenger_ends_completed_without_being_deployed() -> None:
    job = a_job(RetrainingStatus.VALIDATION).moved_to(RetrainingStatus.COMPLETED)
    assert not job.deployed
