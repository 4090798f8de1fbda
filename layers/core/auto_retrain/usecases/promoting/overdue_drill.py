"""Says loudly, when a version goes into production, that its way back was not rehearsed as the policy demands.

It holds nothing back: a model must not stay as it is for months because nobody drilled it.
"""

from ...domain.drill import overdue
from ...domain.facts.drilling import DrillOverdue
from ...domain.job import RetrainingJob
from ...domain.policy.deployment import DeploymentPolicy
from ...domain.serving import ServingRecord
from ...ports import Ports
from ..audit.record import announce_alone
from ..lookup import newest_version, owner_in


def mention_overdue_drill(
    job: RetrainingJob, record: ServingRecord, deployment: DeploymentPolicy, ports: Ports
) -> str | None:
    """Tell people why a drill is overdue, if it is; a model with a single version so far has nothing to rehearse."""
    if deployment.max_drill_age_days is None or record.previous is None:
        return None
    at = ports.clock.now()
    reason = overdue(ports.states.get(job.model_name).drill, deployment.max_drill_age_days, at)
    if reason:
        owner = owner_in(newest_version(job.model_name, ports))
        fact = DrillOverdue(model_name=job.model_name, job_id=job.job_id, at=at, reason=reason, owner=owner)
        announce_alone(fact, ports)
    return reason
