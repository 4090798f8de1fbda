"""Makes a validated challenger the champion."""

from ...domain.deployment_ledger import LedgerLine
from ...domain.errors import PromotionRefused
from ...domain.facts.promoting import Promoted
from ...domain.job import RetrainingJob
from ...domain.lease import check_lease
from ...domain.messages.promoting import DeploymentOutcome
from ...domain.messages.references import JobReference
from ...domain.model_version import ModelVersion
from ...domain.policy.validation import MIN_ACCURACY_FLOOR
from ...domain.validation import ValidationResult
from ...ports import Ports
from ...strategies import STRATEGIES, Promote, Strategy
from ..audit.record import record
from ..lookup import job_of
from .moved_alias import report_moved_alias
from .verify_files import check_files


def deploy_model(reference: JobReference, ports: Ports) -> DeploymentOutcome:
    """Move the alias from the champion that was compared to the challenger, and append to the ledger.

    Every step is absolute, so repeating it after a crash or a lost response changes nothing. The lease is checked just
    before the alias moves, and once more by the write to the ledger.

    Raises:
        JobUnknown: there is no such job.
        PromotionRefused: the job has ended or no longer holds the lease of its model; or the stored validation does not
            promote exactly this version and these files, or lacks a required approval.
        ChampionConflict: someone moved the alias since the champion was read; it stays where they put it.
    """
    job = job_of(reference.job_id, ports)
    version = _allowed_version(job, ports)
    if not job.deployed:
        check_lease_now(job, ports)
        check_files(job.model_name, version, ports)
        job = ports.jobs.save(job.deploying())
        action = _strategy(job, ports).next_action()
        # Once more, because it takes a while to read all files; and as late as possible.
        check_lease_now(job, ports)
        _carry_out(action, job, version, ports)
    return DeploymentOutcome(version=version.number, previous_version=job.champion_version)


def check_lease_now(job: RetrainingJob, ports: Ports) -> None:
    """Raise PromotionRefused unless the job has not ended and holds the lease of its model."""
    check_lease(job, ports.states.get(job.model_name), ports.clock.now())


def _allowed_version(job: RetrainingJob, ports: Ports) -> ModelVersion:
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


def _carry_out(action: Promote, job: RetrainingJob, version: ModelVersion, ports: Ports) -> None:
    ports.traffic.promote(job.model_name, version.number, job.champion_version)
    try:
        _record_promotion(job, version, ports)
    except PromotionRefused:
        # The job was closed just now; whoever closed it may have looked at the alias before it moved.
        report_moved_alias(job, ports)
        raise


def _strategy(job: RetrainingJob, ports: Ports) -> Strategy:
    """The one in the policy in force; a model that was removed in the meantime gets the default."""
    applied = ports.policies.get(job.model_name)
    return STRATEGIES[applied.policy.strategy if applied else "all_at_once"]


def _record_promotion(job: RetrainingJob, version: ModelVersion, ports: Ports) -> None:
    now, reason = ports.clock.now(), job.validation.reason if job.validation else ""
    last = ports.ledger.current(job.model_name)
    line = LedgerLine(
        model_name=job.model_name,
        sequence=last.sequence + 1 if last else 1,
        version=version,
        previous_version=job.champion_version,
        job_id=job.job_id,
        reason=reason,
        deployed_at=now,
        windows=job.windows,
    )
    ports.ledger.append(line, job.promoted(now))
    fact = Promoted(
        model_name=job.model_name,
        job_id=job.job_id,
        at=now,
        version=version.number,
        previous_version=job.champion_version,
        reason=reason,
    )
    record(fact)
