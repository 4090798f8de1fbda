"""What may go into production: exactly the version and the files that were validated, and approved if required."""

from ...domain.errors import PromotionRefused
from ...domain.job import RetrainingJob
from ...domain.model_version import ModelVersion
from ...domain.policy.validation import MIN_ACCURACY_FLOOR
from ...domain.validation import ValidationResult
from ...ports import Ports


def allowed_version(job: RetrainingJob, ports: Ports) -> ModelVersion:
    """The challenger of a job; raises PromotionRefused unless its sealed validation allows exactly this version."""
    result = job.validation
    if result is None or not result.is_valid:
        raise PromotionRefused(f"job '{job.job_id}' has no validation with the decision 'promote'")
    if result.validation_hash != result.compute_hash():
        raise PromotionRefused(f"the validation of job '{job.job_id}' was changed after it was sealed")
    _check_floor(result)
    version, number = job.challenger, result.inputs.challenger_version
    if version is None or version.number != number or version.files.artifact_sha256 != result.inputs.artifact_sha256:
        raise PromotionRefused(f"job '{job.job_id}' was validated with different files than it records now")
    check_review(job)
    tags = ports.registry.version_tags(job.model_name, number)
    if tags is None or tags.get("job_id") != job.job_id:
        raise PromotionRefused(f"version {number} of '{job.model_name}' was not registered by job '{job.job_id}'")
    return version


def _check_floor(result: ValidationResult) -> None:
    """The gate checks this too, but nothing below the floor may reach production, whatever wrote the record."""
    r2 = result.value_of("r2")
    if r2 is not None and result.accuracy is None:
        if not 0 < r2 <= 1:
            raise PromotionRefused(f"R² {r2} is not above 0 and at most 1")
    elif result.accuracy is None or not MIN_ACCURACY_FLOOR <= result.accuracy <= 1:
        raise PromotionRefused(f"accuracy {result.accuracy} is not between {MIN_ACCURACY_FLOOR} and 1")


def check_review(job: RetrainingJob) -> None:
    """Raise PromotionRefused if a review is required and nobody has approved exactly this validation."""
    if not job.needs_review:
        return
    if job.review is None or not job.review.approved:
        raise PromotionRefused(f"job '{job.job_id}' requires a review, and nobody has approved it")
    if job.validation is None or job.review.validation_hash != job.validation.validation_hash:
        raise PromotionRefused(f"the review of job '{job.job_id}' approved a validation that is not the last one")
