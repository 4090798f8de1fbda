"""What a person can do after a job has ended, or while it waits: a command, or what would have to change first."""

from ..domain.ending import Ending
from ..domain.job import RetrainingJob

_CHECK_DATA = "auto-retrain models check FILE --data"
_MORE_ROWS = "more labelled rows in the holdout: wait, or a larger triggers.evaluation_window_days"
# By the gate that refused a challenger, what would let another one pass.
WOULD_HELP = {
    "min_improvement": "a better challenger (other data.numeric, data.categorical or training.parameters), or another "
    "validation.min_improvement or validation.improvement_basis",
    "paired_evidence": _MORE_ROWS,
    "champion_quality": "labels of the holdout that can be trusted; if they can, the next retraining believes them",
    "accuracy_floor": "a more accurate challenger (other data.numeric, data.categorical or training.parameters), or "
    "another validation.accuracy_floor",
    "no_information_rate": "columns in data.numeric or data.categorical that tell something of the label",
    "r2_floor": "columns in data.numeric or data.categorical that tell something of the label",
    "guardrails": "a challenger that loses less of this metric, or a wider limit for it in validation.guardrails",
    "slices": "a challenger that is better for these rows, or other data.slices",
    "holdout_size": _MORE_ROWS,
    "label_maturity": "labels for more of the holdout: wait, or a larger data.label_delay_days",
}


def next_step(job: RetrainingJob) -> str:
    """The command that says more or goes on, with what would have to change before it."""
    if job.ending is None:
        return f"auto-retrain {'approve' if job.review_until else 'follow'} {job.job_id}"
    if job.skipped and job.proxy and job.proxy.refused:
        return f"it takes {WOULD_HELP['min_improvement']}; what the proxy showed: auto-retrain job {job.job_id}"
    if job.failed_on_data or job.ending is Ending.SKIPPED:
        return _CHECK_DATA
    if job.ending is Ending.FAILED:
        # Before training no pod has said anything.
        return f"auto-retrain logs {job.job_id}" if job.started_at else "auto-retrain doctor"
    if job.taken_back_at:
        return f"auto-retrain ledger {job.model_name}"
    if job.ending is Ending.ROLLED_BACK or job.provisional_until:
        return f"auto-retrain rollout {job.model_name}"
    if job.ending is Ending.PROMOTED:
        return f"auto-retrain ledger {job.model_name}"
    return _after_a_refusal(job)


def _after_a_refusal(job: RetrainingJob) -> str:
    against = job.validation.first_against if job.validation else None
    would_help = WOULD_HELP.get(_gate_of(against.check)) if against else None
    every_gate = f"auto-retrain job {job.job_id}"
    return f"it takes {would_help}; every gate: {every_gate}" if would_help else every_gate


def _gate_of(check: str) -> str:
    """The gate of a check; each guardrail is a check of its own."""
    return "guardrails" if check.startswith("guardrail_") else check
