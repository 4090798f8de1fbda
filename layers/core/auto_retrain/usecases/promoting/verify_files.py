"""Compares the files of a version with those that were registered; they are read, never loaded."""

from ...domain.errors import PromotionRefused, RegistryRefused
from ...domain.files import artifact_digest, changed_files
from ...domain.job import RetrainingJob
from ...domain.model_version import ModelVersion
from ...domain.text import listed, one_line
from ...ports import Ports
from ..data.kept_files import find_copy, read_file_list

MAX_NAMED = 10


def check_files(model_name: str, version: ModelVersion, ports: Ports) -> None:
    """Raise PromotionRefused, naming the changed files, unless a version still is what was registered."""
    number, recorded = version.number, version.files
    if recorded.artifact_sha256 is None:
        raise PromotionRefused(f"the files of version {number} of '{model_name}' were not recorded at its registration")
    files = ports.registry.version_files(model_name, number)
    if artifact_digest(files) == recorded.artifact_sha256:
        return
    known = read_file_list(version, ports)
    unknown = "unknown, because the file list is missing or was changed"
    changed = unknown if known is None else listed(changed_files(known, files), MAX_NAMED)
    raise PromotionRefused(f"version {number} of '{model_name}' is not what was registered; changed files: {changed}")


def problem_of_way_back(job: RetrainingJob, ports: Ports) -> str | None:
    """Why the champion could not serve again, if so, and where a copy of its files is, if one is kept.

    Of files that were never recorded, it is only checked that there are some; those that are not in the registry at all
    cannot be looked at.
    """
    champion, name = job.champion, job.model_name
    problem = _problem_of(name, champion, ports) if champion else None
    copy = find_copy(name, champion, ports) if champion and problem else None
    return f"{problem}; a copy of its files is kept at {copy}" if copy else problem


def _problem_of(name: str, version: ModelVersion, ports: Ports) -> str | None:
    if ports.registry.version_tags(name, version.number) is None:
        return f"'{name}' has no version {version.number} any more"
    try:
        check_can_serve_again(name, version, ports)
    except PromotionRefused as error:
        return one_line(str(error))
    except RegistryRefused as error:
        return one_line(str(error)) if version.files.artifact_sha256 is not None else None
    return None


def check_can_serve_again(model_name: str, version: ModelVersion, ports: Ports) -> None:
    """Raise PromotionRefused or RegistryRefused unless the files of an earlier champion are as they were then."""
    if version.files.artifact_sha256 is not None:
        check_files(model_name, version, ports)
    elif not ports.registry.version_files(model_name, version.number):
        raise PromotionRefused(f"version {version.number} of '{model_name}' has no files")
