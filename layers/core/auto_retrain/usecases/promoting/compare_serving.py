"""Compares what serves the model of a job with the records: somebody else, or a training pod, may have moved it."""

from ...domain.facts.promoting import AliasMoved
from ...domain.job import RetrainingJob
from ...domain.serving import ServingRecord
from ...ports import Ports
from ..audit.record import announce
from ..lookup import newest_version, owner_in
from ..rolling_out.adopt import adoptable_version
from ..rolling_out.follow import follow
from ..rolling_out.traffic_target import target_of
from .promote import adopt_champion


def compare_serving(job: RetrainingJob, ports: Ports) -> str:
    """Let alias and traffic follow what is recorded, or take over what somebody else moved, of which people are told.

    Returns moved, in place, or unknown. Of a model that we have never deployed, the alias should be where it was when
    the job started.
    """
    record = ports.ledger.serving(job.model_name)
    if record.champion is None:
        return _compare_with_start(job, record, ports)
    applied = newest_version(job.model_name, ports)
    after = follow(record, target_of(record, applied), ports)
    return "moved" if after.conflict or after.sequence != record.sequence else "in place"


def _compare_with_start(job: RetrainingJob, record: ServingRecord, ports: Ports) -> str:
    version = ports.registry.champion(job.model_name)
    if version != job.champion_version:
        job = ports.jobs.get(job.job_id) or job  # it was read before, perhaps before it started
    if job.started_at is None:
        return "unknown"
    if version != job.champion_version and job.champion:
        adopted = adopt_champion(job, record, ports)
        follow(adopted, target_of(adopted, newest_version(job.model_name, ports)), ports)
        return "moved"
    return _compare_with_none(job, record, version, ports)


def _compare_with_none(job: RetrainingJob, record: ServingRecord, version: str | None, ports: Ports) -> str:
    """Nothing served when the job started; a version that its job refused is none that we take over."""
    if version is None or version == job.champion_version:
        return "in place"
    adopted = adoptable_version(job.model_name, version, ports)
    moved = _fact(job, version, adopted is not None, ports)
    # Announced first: if we die in between, the same fact is announced again, under the same id.
    if moved.fact_id != ports.states.get(job.model_name).moved_alias and announce(moved, ports):
        ports.states.record_moved_alias(job.model_name, moved.fact_id, moved)
    if adopted:
        change = record.adopted(adopted, "somebody else moved the alias 'champion'", ports.clock.now())
        ports.ledger.write(change, facts=[moved])
    return "moved"


def _fact(job: RetrainingJob, version: str | None, adopted: bool, ports: Ports) -> AliasMoved:
    applied = newest_version(job.model_name, ports)
    return AliasMoved(
        model_name=job.model_name,
        job_id=job.job_id,
        at=ports.clock.now(),
        version=version,
        expected=job.champion_version,
        deployment=None,
        owner=owner_in(applied),
        adopted=adopted,
    )
