"""Decides whether a challenger may replace the champion, from predictions on the holdout rows alone."""

from typing import Literal

from ...domain.errors import ArtifactInvalid
from ...domain.facts.promoting import ChallengerValidated
from ...domain.job import RetrainingJob
from ...domain.messages.promoting import ValidationOutcome
from ...domain.messages.references import JobReference
from ...domain.names import part_path
from ...domain.validation import ValidationResult
from ...ports import Ports
from ..audit.record import record
from ..delays import telling_delays
from ..lookup import job_of, policy_of
from ..training.container import read_scores
from ..training.trace_steps import trace_container
from .holdout_profile import keep_holdout_profile
from .judge_challenger import judge_scores
from .publish_report import publish_report


@telling_delays
def validate_model(reference: JobReference, ports: Ports) -> ValidationOutcome:
    """Compare, judge, store the result on the job and a page about it; a repetition gives the same result.

    Raises:
        JobUnknown, ModelUnknown: the job or its policy does not exist.
        ArtifactInvalid: scores are missing, incomplete, changed, or not of the rows that were frozen.
    """
    job = job_of(reference.job_id, ports)
    check_frozen(job)
    applied = policy_of(job.model_name, ports)
    job = job.under_validation()
    scores = read_scores(job, ports)
    for part, result_of_part in enumerate(scores):
        trace_container(job, result_of_part.spans, ports, "" if len(scores) == 1 else part_path(part))
    job = job.with_reports("score", [each.use for each in scores], ports.clock.now())
    judgement = judge_scores(job, scores, applied, ports)
    result = judgement.result.sealed(ports.clock.now())
    if result.is_valid:
        keep_holdout_profile(job, result.inputs.challenger_version, judgement.versions, ports)
    job = job.validated(result)
    fact = validation_fact(job, result, ports)
    ports.jobs.save(job.reported(publish_report(job, result, judgement.versions, ports)), fact)
    record(fact, ports)
    return ValidationOutcome(
        next=_next_step(job, result),
        decision=result.decision,
        reason=result.reason,
        validation_hash=result.validation_hash,
    )


def check_frozen(job: RetrainingJob) -> None:
    """Raise ArtifactInvalid unless the rows of the holdout were frozen before training."""
    if job.data_check is None or job.data_check.holdout is None:
        raise ArtifactInvalid(f"nobody froze the holdout of job '{job.job_id}' before training, so it proves nothing")


def _next_step(job: RetrainingJob, result: ValidationResult) -> Literal["deploy", "review", "close"]:
    if not result.is_valid:
        return "close"
    return "review" if job.needs_review else "deploy"


def validation_fact(job: RetrainingJob, result: ValidationResult, ports: Ports) -> ChallengerValidated:
    """What became true with a verdict."""
    return ChallengerValidated(
        model_name=job.model_name,
        job_id=job.job_id,
        at=ports.clock.now(),
        version=result.inputs.challenger_version,
        decision=result.decision.value,
        reason=result.reason,
        validation_hash=result.validation_hash,
    )
