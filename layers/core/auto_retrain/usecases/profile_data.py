"""Keeps, beside a version that was promoted, what the features looked like that it learned from."""

from pydantic import ValidationError

from ..domain.dataset import Manifest
from ..domain.errors import ArtifactInvalid, PromotionRefused
from ..domain.messages import JobReference, ProfileReport
from ..ports import Ports
from .records import job_of, policy_of
from .reference_profile import build_profile, keep_profile, load_profile, profile_key


def profile_data(reference: JobReference, ports: Ports) -> ProfileReport:
    """Profile exactly the objects that the job froze for training; done again, it finds the profile there.

    Raises:
        JobUnknown, ModelUnknown: the job or its policy is not there.
        PromotionRefused: the job deployed nothing.
        ArtifactInvalid: the job's manifest is not there or cannot be read.
        DataInvalid: an object changed since it was frozen, or cannot be read.
    """
    job = job_of(reference.job_id, ports)
    if not job.deployed or job.challenger_version is None:
        raise PromotionRefused(f"job '{job.job_id}' deployed no version whose data could be profiled")
    profile = load_profile(job.model_name, job.challenger_version, ports)
    if profile is None:
        manifest = _manifest(job.manifest_uri or "", ports)
        drift, training = policy_of(job.model_name, ports).policy.drift, manifest.training
        profile = build_profile(job.model_name, manifest.data, drift, job.windows.training, training.objects, ports)
        keep_profile(profile, job.challenger_version, ports)
    uri = ports.data.uri(profile_key(job.model_name, job.challenger_version))
    return ProfileReport(uri=uri, rows=profile.rows, features=len(profile.features))


def _manifest(uri: str, ports: Ports) -> Manifest:
    try:
        return Manifest.model_validate_json(ports.data.read(uri))
    except ValidationError as error:
        raise ArtifactInvalid(f"manifest '{uri}' cannot be read") from error
