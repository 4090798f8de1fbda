"""Promotes a challenger at a person's request, with a minimum improvement of their choice."""

from ...domain.errors import JobUnknown
from ...domain.messages.references import JobReference
from ...ports import Ports
from ..audit.record import record
from ..lookup import policy_of
from ..training.container import read_scores
from ..validating.judge_challenger import judge_scores, with_min_improvement
from ..validating.publish_report import publish_report
from ..validating.validate_model import check_frozen, validation_fact
from .allowed_version import check_review
from .deploy_model import check_lease_now, deploy_model


def promote_if_better(model_name: str, job_id: str, min_improvement: float, ports: Ports) -> bool:
    """Judge a job's challenger again and deploy it if it passes; returns whether it is the champion now.

    With a strategy that goes in steps, it only begins its rollout, which the job's execution and the watcher continue.

    Raises:
        JobUnknown: this model has no such job.
        IllegalTransition: the job has ended without a deployment, or is not validated yet.
        PromotionRefused: a review is required, and nobody has approved this result; or the job no longer holds the
            lease of its model.
        ArtifactInvalid: its holdout was not frozen, or its predictions are not of these rows.
    """
    job = ports.jobs.get(job_id)
    if job is None or job.model_name != model_name:
        raise JobUnknown(f"'{model_name}' has no job '{job_id}'")
    if job.deployed or ports.ledger.serving(model_name).rollout_of_job(job_id):
        return job.deployed
    check_frozen(job)
    applied = with_min_improvement(policy_of(model_name, ports), min_improvement)
    judgement = judge_scores(job, read_scores(job, ports), applied, ports)
    result = judgement.result.sealed(ports.clock.now())
    if not result.is_valid:
        return False
    check_review(job.validated(result))
    allowed = job.deploying().validated(result)
    check_lease_now(job, ports)
    # One write, so that a job that may no longer be deployed keeps its sealed validation.
    fact = validation_fact(allowed, result, ports)
    ports.jobs.save(allowed.reported(publish_report(allowed, result, judgement.versions, ports)), fact)
    record(fact, ports)
    return deploy_model(JobReference(job_id=job_id), ports).next == "promoted"
