"""Keeps what a promoted version will be needed for: the profile of its training data, and a copy of its files."""

from ...domain.drift import DataProfile
from ...domain.errors import PromotionRefused
from ...domain.facts.promoting import ProfileKept
from ...domain.job import RetrainingJob
from ...domain.messages.data import ProfileOutcome
from ...domain.messages.references import JobReference
from ...ports import Ports
from ..audit.record import record_alone
from ..lookup import job_of, policy_of
from .kept_files import keep_files
from .kept_profiles import keep_profile, load_job_profile, load_profile, profile_key
from .manifest import read_manifest
from .reference_profile import build_profile


def profile_data(reference: JobReference, ports: Ports) -> ProfileOutcome:
    """Store the profile of exactly the objects that the job froze for training, and a copy of the version's files.

    What is already stored is left unchanged. Neither of the two waits for the other.

    Raises:
        JobUnknown, ModelUnknown: the job or its policy does not exist.
        PromotionRefused: the job deployed nothing.
        ArtifactInvalid: the job's manifest is absent or unreadable.
        DataInvalid: an object changed since it was frozen, or is unreadable.
        RegistryUnavailable, DataUnavailable: the files could not be copied yet.
    """
    job = job_of(reference.job_id, ports)
    if not job.deployed or job.challenger_version is None:
        raise PromotionRefused(f"job '{job.job_id}' deployed no version, so there is nothing to profile")
    try:
        outcome = _keep_profile(job, job.challenger_version, ports)
    finally:
        not_copied = keep_files(job, ports)
    return outcome.changed(not_copied=not_copied)


def _keep_profile(job: RetrainingJob, version: str, ports: Ports) -> ProfileOutcome:
    profile = load_profile(job.model_name, version, ports)
    if profile is None:
        profile = load_job_profile(job.job_id, ports) or _read_profile(job, ports)
        keep_profile(profile, version, ports)
        fact = ProfileKept(
            model_name=job.model_name,
            job_id=job.job_id,
            at=ports.clock.now(),
            version=version,
            rows=profile.rows,
        )
        record_alone(fact, ports)
    uri = ports.data.uri(profile_key(job.model_name, version))
    return ProfileOutcome(uri=uri, rows=profile.rows, features=len(profile.features))


def _read_profile(job: RetrainingJob, ports: Ports) -> DataProfile:
    manifest = read_manifest(job, ports)
    drift, training = policy_of(job.model_name, ports).policy.drift, manifest.training
    return build_profile(job.model_name, manifest.data, drift, job.windows.training, training.objects, ports)
