"""Puts a validated challenger into production, one action at a time."""

from datetime import timedelta

from ...domain.errors import ChampionConflict, PromotionRefused
from ...domain.job import RetrainingJob
from ...domain.lease import check_lease
from ...domain.messages.promoting import DeploymentOutcome
from ...domain.messages.references import JobReference
from ...domain.model_version import ModelVersion
from ...domain.people import SYSTEM_ACTOR
from ...domain.policy.deployment import AllAtOnceDeployment
from ...domain.rollout import Rollout
from ...domain.serving import ServingRecord
from ...ports import Ports
from ...strategies import STRATEGIES, Action, Mirror, Promote, RollBack, SetWeight
from ..decide_rollout import decide
from ..delays import telling_delays
from ..lookup import job_of, newest_version
from ..rolling_out.end_drill import undrilled
from ..rolling_out.expose import expose
from ..rolling_out.follow import follow
from ..rolling_out.publish_page import publish_page
from ..rolling_out.take_back import abort_rollout
from ..rolling_out.traffic_target import target_of
from .allowed_version import allowed_version
from .check_target import check_target
from .overdue_drill import mention_overdue_drill
from .promote import adopt_champion, promote
from .verify_files import check_files, problem_of_way_back

# No execution lasts longer, so that a rollout keeps its lease however long a person pauses it.
LONGEST_EXECUTION = timedelta(days=67)
WAYS_OUT = "restore the files, or promote without a way back by deployment.needs_way_back = false, and retrain"


@telling_delays
def deploy_model(reference: JobReference, ports: Ports) -> DeploymentOutcome:
    """Begin the rollout of a job's challenger, or carry out the next action of it; then say how it goes on.

    The serving record is written first, then traffic and alias follow. Whoever dies in between is finished by the next
    pass, by the watcher of rollouts, or by a rollback; repeating it changes nothing.

    Raises:
        JobUnknown: there is no such job.
        PromotionRefused: the job has ended or no longer holds the lease of its model; the stored validation does not
            promote exactly this version and these files, or lacks a required approval; the version was rolled back;
            another job's rollout is under way; or there is no way back to the champion, which the policy asks for.
        TrafficNotReady: the target cannot carry out the action yet; nothing is written.
        ChampionConflict: what serves is not what the challenger was compared with; nothing is written.
        TrafficUnavailable, TrafficRefused: as `follow`.
    """
    # What an earlier attempt waited for is over; the first write says so.
    job = job_of(reference.job_id, ports).held_up_by(None)
    record = undrilled(ports.ledger.serving(job.model_name), ports)
    rollout = record.rollout_of_job(job.job_id)
    if rollout:
        record = _go_on(job, record, rollout, ports)
    elif not job.deployed and record.ending_of_job(job.job_id) is None:
        record = _begin(job, record, ports)
    elif not record.is_applied:
        record = follow(record, target_of(record, newest_version(job.model_name, ports)), ports)
    return _outcome(job, record)


def check_lease_now(job: RetrainingJob, ports: Ports) -> None:
    """Raise PromotionRefused unless the job has not ended and holds the lease of its model."""
    check_lease(job, ports.states.get(job.model_name), ports.clock.now())


def _outcome(job: RetrainingJob, record: ServingRecord) -> DeploymentOutcome:
    ended, is_rolling = record.ending_of_job(job.job_id), record.rollout_of_job(job.job_id) is not None
    is_promoted = job.deployed or (ended is not None and ended.outcome == "promoted")
    return DeploymentOutcome(
        next="bake" if is_rolling else "promoted" if is_promoted else "rolled_back",
        version=job.challenger_version or "",
        previous_version=job.champion_version,
    )


def _begin(job: RetrainingJob, record: ServingRecord, ports: Ports) -> ServingRecord:
    version = allowed_version(job, ports)
    check_lease_now(job, ports)
    if record.is_rolled_back(version.number):
        number = f"version {version.number} of '{job.model_name}'"
        raise PromotionRefused(f"{number} was rolled back, so it is not offered again")
    if record.rollout:
        raise PromotionRefused(f"a rollout of job '{record.rollout.job_id}' is under way for '{job.model_name}'")
    rollout = _rollout(job, version, ports)
    action = STRATEGIES[rollout.deployment.strategy].first_action(rollout)
    check_target(job.model_name, job.champion, version, action, rollout.deployment.traffic, ports)
    check_files(job.model_name, version, ports)
    no_way_back = problem_of_way_back(job, ports)
    if no_way_back and rollout.deployment.needs_way_back:
        raise PromotionRefused(f"there is no way back: {no_way_back}; {WAYS_OUT}")
    _check_champion(job, record, ports)
    record = adopt_champion(job, record, ports)
    overdue = mention_overdue_drill(job, record, rollout.deployment, ports)
    if isinstance(action, Promote) or record.champion is None:
        reason = job.validation.reason if job.validation else action.reason
        warned = _warned(reason, no_way_back, overdue)
        return promote(job, version, record, rollout.deployment, SYSTEM_ACTOR, warned, ports)
    action = action._replace(reason=_warned(action.reason, no_way_back, overdue))
    exposed = _expose_first(job, record, rollout, action, ports)
    publish_page(rollout, exposed, ports)
    return exposed


def _warned(reason: str, no_way_back: str | None, overdue: str | None) -> str:
    warnings = (f"there is no way back: {no_way_back}" if no_way_back else None, overdue)
    return "; ".join([reason, *filter(None, warnings)])


def _rollout(job: RetrainingJob, version: ModelVersion, ports: Ports) -> Rollout:
    """What is about to begin; a model that was removed in the meantime gets the default strategy."""
    applied, now = newest_version(job.model_name, ports), ports.clock.now()
    return Rollout(
        job_id=job.job_id,
        challenger=version,
        deployment=applied.policy.deployment if applied else AllAtOnceDeployment(),
        policy_version=applied.version if applied else job.policy_version,
        started_at=now,
        since=now,
    )


def _expose_first(
    job: RetrainingJob, record: ServingRecord, rollout: Rollout, action: Action, ports: Ports
) -> ServingRecord:
    deployment, now = rollout.deployment, rollout.started_at
    if isinstance(action, SetWeight):
        rollout = rollout.changed(weight=action.weight, step=action.step, weighted_at=now)
    if isinstance(action, Mirror):
        rollout = rollout.changed(mirror_share=action.share)
    change = record.rolling_out(rollout, SYSTEM_ACTOR, action.reason, now)
    return expose(change, deployment.traffic, ports, job.deploying(), now + LONGEST_EXECUTION)


def _check_champion(job: RetrainingJob, record: ServingRecord, ports: Ports) -> None:
    """Raise ChampionConflict unless alias and record still name what the challenger was compared with."""
    compared, alias = job.champion_version, ports.registry.champion(job.model_name)
    recorded = record.champion.version.number if record.champion else compared
    if alias == compared == recorded:
        return
    before, now = (f"version {number}" if number else "no version" for number in (compared, alias))
    differs = f"the champion of '{job.model_name}' was {before} when it was compared and is {now} now"
    raise ChampionConflict(differs if alias != compared else f"{differs}, but its serving record says {recorded}")


def _go_on(job: RetrainingJob, record: ServingRecord, rollout: Rollout, ports: Ports) -> ServingRecord:
    action = decide(record, ports.ledger.evidence(job.model_name), ports.clock.now())
    if isinstance(action, RollBack):
        # Needs neither MLflow nor the lease.
        abort_rollout(job.model_name, job.job_id, _actor(rollout), action.reason, ports)
        return ports.ledger.serving(job.model_name)
    version = allowed_version(job, ports)
    check_lease_now(job, ports)
    champion = record.champion.version if record.champion else None
    check_target(job.model_name, champion, version, action, rollout.deployment.traffic, ports)
    if isinstance(action, Promote):
        check_files(job.model_name, version, ports)
        after = promote(job, version, record, rollout.deployment, _actor(rollout), action.reason, ports)
    else:
        after = _expose_next(job, record, rollout, action, ports)
    publish_page(rollout, after, ports)
    return after


def _actor(rollout: Rollout) -> str:
    return rollout.intervention.actor if rollout.intervention else SYSTEM_ACTOR


def _expose_next(
    job: RetrainingJob, record: ServingRecord, rollout: Rollout, action: Action, ports: Ports
) -> ServingRecord:
    target, now = rollout.deployment.traffic, ports.clock.now()
    if isinstance(action, SetWeight) and (action.weight, action.step) != (rollout.weight, rollout.step):
        change = record.weighted(action.weight, action.step, SYSTEM_ACTOR, action.reason, now)
        return expose(change, target, ports, job)
    if isinstance(action, Mirror) and action.share != rollout.mirror_share:
        mirrored = rollout.changed(mirror_share=action.share)
        return expose(record.rolling_out(mirrored, SYSTEM_ACTOR, action.reason, now), target, ports, job)
    return record if record.is_applied else follow(record, target, ports)
