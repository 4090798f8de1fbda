"""Compares the alias with the ledger: if somebody else has moved it, people are notified, and it stays."""

from ...domain.deployment_ledger import LedgerLine
from ...domain.facts.promoting import AliasMoved
from ...domain.job import RetrainingJob
from ...domain.model_state import ModelState
from ...domain.status import RetrainingStatus
from ...ports import Ports
from ..audit.record import announce


def report_moved_alias(job: RetrainingJob, ports: Ports) -> str:
    """Notify people, once for each difference, if the alias of a job's model is not where we put it.

    Returns moved, in place or unknown. Without an entry in the ledger, the alias should be where it was when the job
    started.
    """
    # In this order: if it was our own deployment that moved the alias, what is read later shows that.
    version = ports.registry.champion(job.model_name)
    state, line = ports.states.get(job.model_name), ports.ledger.current(job.model_name)
    if version != _expected(job, line):
        # The record was read before, perhaps before it started, or deployed.
        job = ports.jobs.get(job.job_id) or job
    if _is_deploying(job, state, ports) or (line is None and job.started_at is None):
        return "unknown"
    moved = _moved(job, line, version, ports)
    difference = moved.fact_id if moved else None
    # Announced first: if we die in between, the same fact is announced again, under the same id.
    if difference != state.moved_alias and (moved is None or announce(moved, ports)):
        ports.states.record_moved_alias(job.model_name, difference)
    return "moved" if moved else "in place"


def _is_deploying(job: RetrainingJob, state: ModelState, ports: Ports) -> bool:
    """Whether the job may have moved the alias just now, and be about to write the ledger."""
    is_owner = state.owner_at(ports.clock.now()) == job.job_id
    return is_owner and job.status is RetrainingStatus.DEPLOYING and not job.deployed


def _expected(job: RetrainingJob, line: LedgerLine | None) -> str | None:
    return line.version.number if line else job.champion_version


def _moved(job: RetrainingJob, line: LedgerLine | None, version: str | None, ports: Ports) -> AliasMoved | None:
    expected = _expected(job, line)
    if version == expected:
        return None
    applied = ports.policies.get(job.model_name)
    return AliasMoved(
        model_name=job.model_name,
        job_id=job.job_id,
        at=ports.clock.now(),
        version=version,
        expected=expected,
        deployment=line.sequence if line else None,
        owner=applied.policy.owner if applied else "whoever owns it",
    )
