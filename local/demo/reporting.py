"""Reports what executions did in a month: as one row at the end, and as one line on the way."""

from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.status import RetrainingStatus
from local.demo.executions import Execution
from local.demo.row import Row


def row_of(month: str, champion_accuracy: float | None, executions: list[Execution]) -> Row:
    """The month's retraining, or why there was none."""
    retrained = [execution for execution in executions if execution.job]
    if retrained:
        return _row_of_job(month, champion_accuracy, retrained[-1])
    last = executions[-1] if executions else None
    return Row(
        month=month,
        champion_accuracy=champion_accuracy,
        triggered=None,
        decision="not_due" if last is None or last.status == "SUCCEEDED" else "failed",
        reason=last.reason or last.cause if last else "nothing was due",
        execution_arn=last.arn if last else None,
        transitions=last.transitions if last else None,
    )


def _row_of_job(month: str, champion_accuracy: float | None, execution: Execution) -> Row:
    job = execution.job
    assert job is not None
    result = job.validation
    return Row(
        month=month,
        champion_accuracy=champion_accuracy,
        triggered=job.trigger_type.value,
        decision=_decision(job),
        reason=job.error or job.skipped or (result.reason if result else ""),
        challenger_accuracy=result.accuracy if result else None,
        improvement=result.improvement if result else None,
        interval=result.interval if result else None,
        holdout_rows=result.holdout_rows if result else None,
        execution_arn=execution.arn,
        job_id=job.job_id,
        transitions=execution.transitions,
        model_version=job.challenger_version,
    )


def _decision(job: RetrainingJob) -> str:
    if job.deployed:
        return "promoted"
    if job.status is RetrainingStatus.COMPLETED and job.skipped:
        return "skipped"
    if job.status is not RetrainingStatus.COMPLETED or job.validation is None:
        return "failed"
    return {"reject": "rejected"}.get(job.validation.decision.value, job.validation.decision.value)


def line_of(row: Row, seconds: float) -> str:
    """The line about a month that is over."""
    champion = "no champion yet" if row.champion_accuracy is None else f"champion {row.champion_accuracy:.4f}"
    challenger = "" if row.challenger_accuracy is None else f" -> challenger {row.challenger_accuracy:.4f}"
    why = f"{row.triggered}{challenger}" if row.triggered else "no retraining"
    return f"{row.month}  {champion}  {why}: {row.decision} ({seconds:.1f} s)"
