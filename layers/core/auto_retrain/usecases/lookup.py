"""Looks up the records that a use case requires."""

from itertools import islice

from ..domain.decision_record import DecisionRecord
from ..domain.deployment_ledger import LedgerLine
from ..domain.errors import ChampionConflict, JobUnknown, ModelUnknown, RecordInvalid
from ..domain.files import VersionFiles
from ..domain.job import RetrainingJob
from ..domain.model_version import ModelVersion
from ..domain.names import model_of_job
from ..domain.policy.policy import AppliedPolicy
from ..ports import Ports

# Each step of a rollout is a line of the ledger as well.
MAX_LINES = 1_000
_WHERE = "'auto-retrain models list' for the names of those that have one"


def policy_of(model_name: str, ports: Ports) -> AppliedPolicy:
    """The policy in force; raises ModelUnknown if the model has none."""
    applied = ports.policies.get(model_name)
    if applied is None:
        raise ModelUnknown(f"model '{model_name}' has no policy; apply one first, or see {_WHERE}")
    return applied


def job_of(job_id: str, ports: Ports) -> RetrainingJob:
    """The record of a job; raises JobUnknown if there is none."""
    job = ports.jobs.get(job_id)
    if job is None:
        raise _no_job(job_id)
    return job


def decision_of(name: str, ports: Ports, among: int | None = None) -> DecisionRecord | None:
    """The decision of a name, if it is still kept, and among so many of the newest."""
    kept = islice(ports.decisions.newest_first(model_of_job(name)), among)
    return next((decision for decision in kept if decision.name == name), None)


def job_or_decision(name: str, ports: Ports) -> RetrainingJob | DecisionRecord | None:
    """The newest job of the model with this name, or else the job or the decision with this id, if it is still kept."""
    return newest_job(name, ports) or ports.jobs.get(name) or decision_of(name, ports)


def named_record(name: str, ports: Ports) -> RetrainingJob | DecisionRecord:
    """The same; raises JobUnknown if nothing has this name."""
    record = job_or_decision(name, ports)
    if record is None:
        raise nothing_named(name, ports)
    return record


def nothing_named(name: str, ports: Ports) -> JobUnknown:
    """That neither a job nor a decision has a name, for people."""
    where = "'auto-retrain jobs' lists the newest jobs, and 'auto-retrain why MODEL' the last decisions about a model"
    return _of_a_new_model(name, ports) or JobUnknown(f"there is neither a job nor a decision '{name}'; {where}")


def job_or_newest(name: str, ports: Ports) -> RetrainingJob:
    """The newest job of the model with this name, or else the job with this id; raises JobUnknown if there is none."""
    job = newest_job(name, ports) or ports.jobs.get(name)
    if job is None:
        raise _of_a_new_model(name, ports) or _no_job(name)
    return job


def named_job(job_id: str, ports: Ports) -> RetrainingJob:
    """The job that a person names; raises JobUnknown, which names the newest job to whoever gave a model."""
    job = ports.jobs.get(job_id)
    if job:
        return job
    if newest := newest_job(job_id, ports):
        raise JobUnknown(f"'{job_id}' is a model, not a job; its newest job is '{newest.job_id}'")
    raise _of_a_new_model(job_id, ports) or _no_job(job_id)


def _no_job(job_id: str) -> JobUnknown:
    return JobUnknown(f"there is no job '{job_id}'; see 'auto-retrain jobs' for the newest ones")


def _of_a_new_model(name: str, ports: Ports) -> JobUnknown | None:
    """What to say if the name is that of a model without a job; None if there is no such model."""
    if newest_version(name, ports) is None:
        return None
    return JobUnknown(f"model '{name}' has no job yet; see 'auto-retrain why-not {name}' for what it waits for")


def newest_job(model_name: str, ports: Ports) -> RetrainingJob | None:
    """The newest job of a model, None if it never had one."""
    newest = ports.jobs.list_recent(model_name, limit=1)
    return newest[0] if newest else None


def newest_version(model_name: str, ports: Ports) -> AppliedPolicy | None:
    """The newest version of a policy, even of a removed one."""
    applied = ports.policies.get(model_name)
    return applied or next(iter(ports.policies.history(model_name)), None)


def policy_version_of(model_name: str, version: int, ports: Ports) -> AppliedPolicy:
    """A version of a model's policy, by which something was judged; raises ModelUnknown if it is not kept."""
    applied = next((old for old in ports.policies.history(model_name) if old.version == version), None)
    if applied is None:
        raise ModelUnknown(f"'{model_name}' has no policy version {version}, by which this was judged")
    return applied


def known_policy(model_name: str, ports: Ports) -> AppliedPolicy:
    """The newest version of a policy, even of a removed one; raises ModelUnknown if the model never had any."""
    newest = newest_version(model_name, ports)
    if newest is None:
        raise ModelUnknown(f"model '{model_name}' has no policy, and never had one; see {_WHERE}")
    return newest


def promotion_of(line: LedgerLine | None, ports: Ports) -> RetrainingJob | None:
    """The job that put a version into production; None if none did, or if what is kept of it cannot be read."""
    try:
        return ports.jobs.get(line.job_id) if line and line.job_id else None
    except RecordInvalid:
        # What is known of the version is less then, which must not end every job of its model.
        return None


def champion_lines(model_name: str, ports: Ports) -> list[LedgerLine]:
    """The lines of the ledger that put a champion there, newest first."""
    return [line for line in ports.ledger.lines(model_name, MAX_LINES) if line.is_new_champion]


def owner_in(applied: AppliedPolicy | None) -> str:
    """Who has to look at a model, in words for people."""
    return applied.policy.owner if applied else "whoever owns it"


def champion_to_beat(model_name: str, ports: Ports) -> ModelVersion | None:
    """The champion as it was when we deployed it, or, if someone else set it, as the registry has it.

    Raises ChampionConflict if the registry has none, and the ledger does.
    """
    number, serving = ports.registry.champion(model_name), ports.ledger.serving(model_name)
    if number is None:
        if serving.champion is None:
            return None
        raise ChampionConflict(
            f"version {serving.champion.version.number} serves '{model_name}' according to the ledger, but the "
            f"registry has no champion; set the alias 'champion' again"
        )
    if serving.champion and serving.drill and number == serving.drill.target.number:
        return serving.champion.version  # for some minutes another version stands in for it
    ours = serving.trained_champion
    if ours is not None and ours.version.number == number:
        return ours.version
    return recorded_version(model_name, number, ports) or ModelVersion(number=number)


def recorded_version(model_name: str, number: str, ports: Ports) -> ModelVersion | None:
    """A version that someone else let serve, as the job that trained it recorded it; None if it is not registered.

    Whoever can write to the registry can write its tags, so they never choose an image.
    """
    tags = ports.registry.version_tags(model_name, number)
    if tags is None:
        return None
    job = ports.jobs.get(tags.get("job_id", ""))
    if job is not None and job.model_name == model_name and number in job.challengers:
        return job.challengers[number]
    return ModelVersion(number=number, files=VersionFiles(artifact_sha256=tags.get("artifact_sha256")))
