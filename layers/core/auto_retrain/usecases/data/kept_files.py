"""Keeps copies of the files of what serves, and of what served before, where nobody else deletes them."""

import logging

from ...domain.digest import sha256_of
from ...domain.errors import ArtifactInvalid, ArtifactMissing, PermanentError
from ...domain.facts.promoting import FilesKept
from ...domain.files import FileDigest, file_list, parse_file_list
from ...domain.job import RetrainingJob
from ...domain.model_version import ModelVersion
from ...domain.serving import ServingRecord
from ...ports import Ports
from ..audit.record import record_alone
from ..lookup import champion_lines

_LOG = logging.getLogger(__name__)

MAX_LIST_BYTES = 4 << 20
# The champion and the one to go back to; one more is left for a while.
COPIED, KEPT = 2, 3


def keep_files(job: RetrainingJob, ports: Ports) -> tuple[str, ...]:
    """Copy the files of the champion and of the one to go back to; say why, for each that cannot be copied.

    What an earlier attempt has copied is left as it is. A copy is deleted once three good versions are newer, or once
    its version was taken back.
    """
    versions = _good_versions(ports.ledger.serving(job.model_name), ports)
    problems = [_keep(job, version, ports) for version in versions[:COPIED]]
    ports.data.prune(f"versions/{job.model_name}/", {version.number for version in versions[:KEPT]})
    return tuple(filter(None, problems))


def _good_versions(serving: ServingRecord, ports: Ports) -> list[ModelVersion]:
    """The champion, and before it the champions that were not taken back, newest first."""
    lines = champion_lines(serving.model_name, ports)
    good = [line.version for line in lines if not serving.is_rolled_back(line.version.number)]
    return list({version.number: version for version in reversed(good)}.values())[::-1]


def find_copy(model_name: str, version: ModelVersion, ports: Ports) -> str | None:
    """Where a complete copy of a version's files is; None if there is none."""
    try:
        copied = ports.data.read(ports.data.uri(_list_key(model_name, version)), MAX_LIST_BYTES)
    except ArtifactInvalid:
        return None
    is_its_own = version.files.artifact_sha256 in (None, sha256_of(copied))
    return ports.data.uri(_folder(model_name, version)) if is_its_own else None


def read_file_list(version: ModelVersion, ports: Ports) -> dict[str, FileDigest] | None:
    """The files of a version as they were registered; None if their list is missing or was changed."""
    recorded = version.files
    try:
        content = ports.data.read(recorded.artifacts_uri or "", MAX_LIST_BYTES)
        return parse_file_list(content) if sha256_of(content) == recorded.artifact_sha256 else None
    except (PermanentError, ValueError):
        return None


def _keep(job: RetrainingJob, version: ModelVersion, ports: Ports) -> str | None:
    try:
        if find_copy(job.model_name, version, ports) is None:
            _copy(job, version, ports)
    except PermanentError as error:
        _LOG.error("the files of %s version %s were not copied: %s", job.model_name, version.number, error)
        return f"version {version.number}: {error}"
    return None


def _copy(job: RetrainingJob, version: ModelVersion, ports: Ports) -> None:
    name, folder = job.model_name, _folder(job.model_name, version)
    files = read_file_list(version, ports) or ports.registry.version_files(name, version.number)
    if not files:
        raise ArtifactMissing(f"version {version.number} of '{name}' has no files")
    for path, file in files.items():
        ports.data.keep(f"{folder}{path}", file, ports.registry.read_file(name, version.number, path))
    # Last: it says that the copy is complete.
    ports.data.write(_list_key(name, version), file_list(files))
    uri, at = ports.data.uri(folder), ports.clock.now()
    fact = FilesKept(model_name=name, job_id=job.job_id, at=at, version=version.number, uri=uri)
    record_alone(fact, ports)


def _folder(model_name: str, version: ModelVersion) -> str:
    return f"versions/{model_name}/{version.number}/files/"


def _list_key(model_name: str, version: ModelVersion) -> str:
    return f"versions/{model_name}/{version.number}/files.json"
