"""Judges a trained challenger on rows that a person gives, by the rules of its policy; nothing is stored."""

from typing import Any, cast

from ...comparison.answer_columns import CHALLENGER, CHAMPION, prediction_files_of
from ...comparison.prediction_files import parse_predictions
from ...domain.digest import sha256_of
from ...domain.errors import ArtifactMissing
from ...domain.job import RetrainingJob
from ...domain.results import PredictionFile, ScoringResult
from ...domain.validation import ValidationResult
from ...ports import Ports
from ..lookup import policy_of
from .judge_challenger import judge_scores


def judge_columns(job: RetrainingJob, columns: Any, ports: Ports) -> ValidationResult:
    """The verdict on the job's challenger by the columns `row_id`, `label`, `challenger` and, if there is one,
    `champion`.

    The rows need not be those that were frozen for the job, so the verdict promotes nothing.

    Raises ArtifactInvalid naming the column that cannot be used.
    """
    applied = policy_of(job.model_name, ports)
    number = job.challenger_version or next(iter(job.challengers))
    versions = {number: CHALLENGER} | ({job.champion_version: CHAMPION} if job.champion_version else {})
    contents = prediction_files_of(columns, versions, applied.policy.data)
    files = {}
    for version, content in contents.items():
        rows = len(columns["row_id"])
        files[version] = PredictionFile(uri=f"given:{version}", sha256=sha256_of(content), rows=rows)
        parse_predictions(content, files[version], applied.policy.data)
    scores = ScoringResult(schema_version=1, kind="score", job_id=job.job_id, predictions=files)
    # Other rows than those that were frozen: only promoting needs these.
    alone = job.apart_from_its_data(number)
    given = {files[version].uri: content for version, content in contents.items()}
    judged = judge_scores(alone, [scores], applied, cast(Ports, _Given(ports, given)))
    return judged.result.sealed(ports.clock.now())


class _Given:
    """The ports, with files that are in memory instead of the artifacts."""

    def __init__(self, ports: Ports, files: dict[str, bytes]) -> None:
        self._ports, self._files = ports, files

    @property
    def data(self) -> "_Given":
        return self

    def read(self, uri: str, max_bytes: int = 0) -> bytes:
        if uri not in self._files:
            raise ArtifactMissing(f"there is no '{uri}' among the columns that were given")
        return self._files[uri]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ports, name)
