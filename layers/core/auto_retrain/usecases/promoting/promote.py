"""Makes a challenger the champion: the record first, which traffic and alias then follow."""

from datetime import timedelta

from ...domain.facts.promoting import ChampionAdopted, Promoted
from ...domain.job import RetrainingJob
from ...domain.model_version import ModelVersion
from ...domain.policy.deployment import DeploymentPolicy
from ...domain.policy.policy import AppliedPolicy
from ...domain.serving import ServingRecord
from ...ports import Ports
from ..audit.record import record
from ..lookup import newest_version
from ..rolling_out.follow import follow


def promote(
    job: RetrainingJob,
    version: ModelVersion,
    before: ServingRecord,
    deployment: DeploymentPolicy,
    actor: str,
    reason: str,
    ports: Ports,
) -> ServingRecord:
    """Write the promotion, together with the job, and let traffic and alias follow; the record as read back.

    Raises PromotionRefused if the job has ended or lost its lease, ServingConflict if somebody has changed the record
    meanwhile, and what `follow` raises.
    """
    now = ports.clock.now()
    watched_for = _watched_for(deployment, newest_version(job.model_name, ports))
    change = before.promoted(version, job, actor, reason, now, watched_for)
    fact = Promoted(
        model_name=job.model_name,
        job_id=job.job_id,
        actor=actor,
        at=now,
        version=version.number,
        previous_version=change.line.previous_version,
        reason=reason,
    )
    written = ports.ledger.write(change, job.deploying().promoted(now, change.line.watched_until), facts=[fact])
    record(fact, ports)
    return follow(written, deployment.traffic, ports)


def _watched_for(deployment: DeploymentPolicy, applied: AppliedPolicy | None) -> timedelta:
    """How long a promotion is provisional: so many days whose labels have arrived."""
    if not deployment.watch_days:
        return timedelta()
    return timedelta(days=deployment.watch_days + (applied.policy.data.label_delay_days if applied else 0))


def adopt_champion(job: RetrainingJob, before: ServingRecord, ports: Ports) -> ServingRecord:
    """The record of a model, with the champion that served before we knew the model, if there is one."""
    if before.champion is not None or job.champion is None:
        return before
    now, reason = ports.clock.now(), "it served before the first deployment here"
    fact = ChampionAdopted(model_name=job.model_name, job_id=job.job_id, at=now, version=job.champion.number)
    adopted = ports.ledger.write(before.adopted(job.champion, reason, now), facts=[fact])
    record(fact, ports)
    return adopted
