"""Asks the owner of a model to act when one job after another brings no new version."""

from ...domain.facts.ending import RejectionsEscalated, SkipsEscalated
from ...domain.job import RetrainingJob
from ...ports import Ports
from ..audit.record import announce_alone


def escalate_rejections(job: RetrainingJob, ports: Ports) -> bool:
    """Ask after each rejection from `escalate_after` on; false if it could not be announced."""
    in_a_row = ports.states.get(job.model_name).rejected_in_a_row
    applied = ports.policies.get(job.model_name)
    if applied is None or in_a_row < applied.policy.triggers.escalate_after:
        return True
    return _announce(RejectionsEscalated, job, in_a_row, applied.policy.owner, ports)


def escalate_skips(job: RetrainingJob, ports: Ports) -> bool:
    """Ask each time that as many jobs were skipped in a row as challengers may be rejected; otherwise the same."""
    in_a_row = job.skipped_in_a_row
    applied = ports.policies.get(job.model_name)
    if applied is None or not in_a_row or in_a_row % applied.policy.triggers.escalate_after:
        return True
    return _announce(SkipsEscalated, job, in_a_row, applied.policy.owner, ports)


def _announce(
    escalated: type[RejectionsEscalated | SkipsEscalated], job: RetrainingJob, in_a_row: int, owner: str, ports: Ports
) -> bool:
    fact = escalated(
        model_name=job.model_name,
        job_id=job.job_id,
        at=ports.clock.now(),
        in_a_row=in_a_row,
        owner=owner,
        last=job.summary(),
    )
    return announce_alone(fact, ports)
