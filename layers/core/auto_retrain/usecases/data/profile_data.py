"""Stores the profile of a promoted version's training data next to the version."""

from ...domain.drift import DataProfile
from ...domain.errors import PromotionRefused
from ...domain.facts.promoting import ProfileKept
from ...domain.job import RetrainingJob
from ...domain.messages.data import ProfileOutcome
from ...domain.messages.references import JobReference
from ...ports import Ports
from ..audit.record import record
from ..lookup import job_of, policy_of
from .kept_profiles import keep_profile, load_job_profile, load_profile, profile_key
from .manifest import read_manifest
from .reference_profile import build_profile


def profile_data(reference: JobReference, ports: Ports) -> ProfileOutcome:
    """Store the profile of exactly the objects that the job froze for training, built when they were checked.

    A profile that is already stored is left unchanged.

    Raises:
        JobUnknown, ModelUnknown: the job or its policy does not exist.
        PromotionRefused: the job deployed nothing.
        ArtifactInvalid: the job's manifest is absent or unreadable.
        DataInvalid: an object changed since it was frozen, or is unreadable.
    """
    job = job_of(reference.job_id, ports)
    if not job.deployed or job.challenger_version is None:
        raise PromotionRefused(f"job '{job.job_id}' deployed no version, so there is nothing to profile")
    profile = load_profile(job.model_name, job.challenger_version, ports)
    if profile is None:
        profile = load_job_profile(job.job_id, ports) or _read_profile(job, ports)
        keep_profile(profile, job.challenger_version, ports)
        fact = ProfileKept(
            model_name=job.model_name,
            job_id=job.job_id,
            at=ports.clock.now(),
            version=job.challenger_version,
            rows=profile.rows,
        )
        record(fact)
    uri = ports.data.uri(profile_key(job.model_name, job.challenger_version))
    return ProfileOutcome(uri=uri, rows=profile.rows, features=len(profile.features))


def _read_profile(job: RetrainingJob, ports: Ports) -> DataProfile:
    manifest = read_manifest(job, ports)
    drift, training = policy_of(job.model_name, ports).policy.drift, manifest.training
    return build_profile(job.model_name, manifest.data, drift, job.windows.training, training.objects, ports)
