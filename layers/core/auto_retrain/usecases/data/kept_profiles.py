"""Where profiles are kept: with the job that trains on the data, then with the version that is promoted."""

from pydantic import ValidationError

from ...domain.drift import DataProfile
from ...domain.errors import ArtifactInvalid
from ...ports import Ports

MAX_PROFILE_BYTES = 64 << 20


def profile_key(model_name: str, version: str) -> str:
    """The artifact key of a version's profile."""
    return f"profiles/{model_name}/{version}.json"


def keep_job_profile(profile: DataProfile, job_id: str, ports: Ports) -> None:
    """Store the profile of what a job trains on, until it is known whether its version is promoted."""
    ports.data.write(_job_profile_key(job_id), profile.model_dump_json().encode())


def load_job_profile(job_id: str, ports: Ports) -> DataProfile | None:
    """The profile of what a job trained on, or None if it is absent or unreadable."""
    return _load(_job_profile_key(job_id), ports)


def _job_profile_key(job_id: str) -> str:
    return f"jobs/{job_id}/profile.json"


def load_profile(model_name: str, version: str, ports: Ports) -> DataProfile | None:
    """The profile of a version, or None if it is absent or unreadable."""
    return _load(profile_key(model_name, version), ports)


def _load(key: str, ports: Ports) -> DataProfile | None:
    try:
        return DataProfile.model_validate_json(ports.data.read(ports.data.uri(key), MAX_PROFILE_BYTES))
    except (ArtifactInvalid, ValidationError):
        return None


def keep_profile(profile: DataProfile, version: str, ports: Ports) -> str:
    """Store a version's profile and return its URI."""
    return ports.data.write(profile_key(profile.model_name, version), profile.model_dump_json().encode())
