"""Reads what pods have found in each part of a job's data."""

from collections.abc import Iterator

from ...domain.digest import sha256_of
from ...domain.errors import ArtifactInvalid, DataChanged, DataInvalid
from ...domain.job import RetrainingJob
from ...domain.names import part_path
from ...domain.results import ExaminationResult
from ...ports import Ports
from ..container_results import read_result
from .part_files import unpack
from .part_records import PartEvidence

# Of one of two parts, with samples of all days, of entities and of ids: about 300 MB before they are compressed.
MAX_EVIDENCE_BYTES = 512 << 20


def examination_results(job: RetrainingJob, parts: int, ports: Ports) -> list[ExaminationResult]:
    """The result of each part.

    Raises:
        ArtifactMissing: a part was not examined.
        ArtifactInvalid: a result is not about this job and its data.
        DataInvalid: the data of a part are broken.
    """
    output = job.output_of("check")
    results = [read_result(job, f"{output}{part_path(part)}", ExaminationResult, ports) for part in range(parts)]
    for result in results:
        broken = result.broken
        if broken:
            kind = DataChanged if broken.changed_since else DataInvalid
            raise kind(broken.reason, broken.missing, broken.not_numeric)
    return results


def examined_parts(results: list[ExaminationResult], ports: Ports) -> Iterator[PartEvidence]:
    """What the parts show, one after the other; raises ArtifactInvalid for a file that is not the one in its result."""
    for result in results:
        file = result.evidence
        content = ports.data.read(file.uri, MAX_EVIDENCE_BYTES) if file else b""
        if file is None or sha256_of(content) != file.sha256:
            raise ArtifactInvalid(f"the evidence of a part, '{file and file.uri}', is not what its result says")
        yield unpack(content)
