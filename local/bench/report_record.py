"""The job and the result that a report is written from, made from a measured comparison."""

from datetime import UTC, datetime
from typing import Any

from auto_retrain.comparison.compare import compare
from auto_retrain.comparison.confusion import confusion_of
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.validation import Decision, ValidatedInputs, ValidationResult
from auto_retrain.domain.windows import windows_at
from auto_retrain.gates import judge_gates

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def record_of(versions: Any) -> tuple[RetrainingJob, ValidationResult]:
    """What is stored of a comparison."""
    comparison = compare(versions)
    inputs = ValidatedInputs(
        model_name="shop",
        challenger_version="2",
        champion_version="1",
        manifest_sha256="0" * 64,
        predictions_sha256={"1": "0" * 64, "2": "1" * 64},
        holdout_sha256="2" * 64,
        policy_version=1,
        min_improvement=0.05,
        seed=0,
        libraries={},
    )
    result = ValidationResult(
        decision=Decision.PROMOTE,
        reason="better",
        primary=comparison.primary,
        metrics=comparison.metrics,
        improvement=comparison.improvement,
        interval=comparison.interval,
        holdout_rows=comparison.rows,
        confusion=confusion_of(versions),
        verdicts=judge_gates(versions.terms.policy, comparison),
        inputs=inputs,
    )
    return a_job(), result


def a_job() -> RetrainingJob:
    """A job as it is when it has been opened."""
    return RetrainingJob(
        job_id="shop-1",
        model_name="shop",
        trigger_type=TriggerType.MANUAL,
        trigger_reason="measured",
        event_time=NOW,
        execution_arn="arn",
        policy_version=1,
        created_at=NOW,
        windows=windows_at(NOW, evaluation_days=30, training_days=180, label_delay_days=0),
    )
