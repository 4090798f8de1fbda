"""The result documents that a training container writes."""

import json
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field

from .base import Record
from .files import VersionFiles
from .model_version import ModelVersion

# In characters of JSON: the record of a job has room for those of twenty variants.
MAX_METRICS_LENGTH = 3_000


class ContainerResult(Record):
    """What all results have; a newer container may add fields."""

    model_config = ConfigDict(extra="ignore")

    schema_version: Literal[1]
    job_id: str
    manifest_sha256: str | None = None

    @property
    def files(self) -> tuple[str, ...]:
        """URIs of the files that it names."""
        return ()


def _check_metrics(metrics: dict[str, float]) -> dict[str, float]:
    size = len(json.dumps(metrics))
    if size > MAX_METRICS_LENGTH:
        raise ValueError(f"{size} characters of JSON; at most {MAX_METRICS_LENGTH} are allowed")
    return metrics


class TrainingResult(ContainerResult):
    """The version that was trained and registered; its metrics are for information only."""

    kind: Literal["train"]
    model_version: str = Field(max_length=64)
    run_id: str = Field(max_length=256)
    rows: int
    metrics: Annotated[dict[str, float], AfterValidator(_check_metrics)]
    artifacts_uri: str = Field(max_length=512)
    artifact_sha256: str = Field(max_length=64)
    image: str | None = Field(default=None, max_length=512)

    @property
    def files(self) -> tuple[str, ...]:
        return (self.artifacts_uri,)

    def version(self, image: str | None) -> ModelVersion:
        """The version, as the job records it, with the image that was ordered to train it."""
        files = VersionFiles(artifact_sha256=self.artifact_sha256, artifacts_uri=self.artifacts_uri, image=image)
        return ModelVersion(number=self.model_version, files=files, run_id=self.run_id, metrics=self.metrics)


class PredictionFile(Record):
    """A file with one version's predictions for the holdout rows."""

    uri: str
    sha256: str
    rows: int


class ScoringResult(ContainerResult):
    """Prediction files by version, for the rows that have a label."""

    kind: Literal["score"]
    predictions: dict[str, PredictionFile]
    versions: dict[str, str | None] = Field(default_factory=dict, description="digests of the versions' files")
    rows_without_label: int = Field(default=0, ge=0)

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(file.uri for file in self.predictions.values())


class EvidentlyFeature(Record):
    """PSI with Evidently's bins, and whether it calls that drift; None if it could not compare."""

    psi: float | None
    drifted: bool | None


class EvidentlySummary(ContainerResult):
    """Evidently's results for each feature; its report is stored beside this document."""

    model_name: str
    evidently_version: str
    features: dict[str, EvidentlyFeature]
