"""The result documents that a training container writes."""

from typing import Literal

from pydantic import ConfigDict, Field

from .base import Record
from .files import VersionFiles
from .model_version import ModelVersion


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


class TrainingResult(ContainerResult):
    """The version that was trained and registered; its metrics are for information only."""

    kind: Literal["train"]
    model_version: str
    run_id: str
    rows: int
    metrics: dict[str, float]
    artifacts_uri: str
    artifact_sha256: str
    image: str | None = None

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
