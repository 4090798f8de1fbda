"""Compares the files of a version with those that were registered; they are read, never loaded."""

from ...domain.digest import sha256_of
from ...domain.errors import PermanentError, PromotionRefused, RegistryRefused
from ...domain.files import artifact_digest, changed_files, parse_file_list
from ...domain.job import RetrainingJob
from ...domain.model_version import ModelVersion
from ...domain.text import one_line
from ...ports import Ports

MAX_LIST_BYTES = 4 << 20
MAX_NAMED = 10


def check_files(model_name: str, version: ModelVersion, ports: Ports) -> None:
    """Raise PromotionRefused, naming the changed files, unless a version still is what was registered."""
    number, recorded = version.number, version.files
    if recorded.artifact_sha256 is None:
        raise PromotionRefused(f"the files of version {number} of '{model_name}' were not recorded at its registration")
    files = ports.registry.version_files(model_name, number)
    if artifact_digest(files) == recorded.artifact_sha256:
        return
    try:
        file_list = ports.data.read(recorded.artifacts_uri or "", MAX_LIST_BYTES)
        known = parse_file_list(file_list) if sha256_of(file_list) == recorded.artifact_sha256 else None
    except (PermanentError, ValueError):
        known = None
    unknown = "unknown, because the file list is missing or was changed"
    changed = unknown if known is None else _named(changed_files(known, files))
    raise PromotionRefused(f"version {number} of '{model_name}' is not what was registered; changed files: {changed}")


def problem_of_way_back(job: RetrainingJob, ports: Ports) -> str | None:
    """Why the champion could not serve again, if so; of files that were never recorded, only that there are some."""
    if job.champion is None:
        return None
    try:
        check_can_serve_again(job.model_name, job.champion, ports)
    except (PromotionRefused, RegistryRefused) as error:
        return one_line(str(error))
    return None


def check_can_serve_again(model_name: str, version: ModelVersion, ports: Ports) -> None:
    """Raise PromotionRefused or RegistryRefused unless the files of an earlier champion are as they were then."""
    if version.files.artifact_sha256 is not None:
        check_files(model_name, version, ports)
    elif not ports.registry.version_files(model_name, version.number):
        raise PromotionRefused(f"version {version.number} of '{model_name}' has no files")


def _named(paths: list[str]) -> str:
    more = f" and {len(paths) - MAX_NAMED} more" if len(paths) > MAX_NAMED else ""
    return ", ".join(paths[:MAX_NAMED]) + more
