"""The result documents that a training container writes."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from .base import Record
from .files import VersionFiles
from .model_version import ModelVersion

# What a container writes becomes part of the job record, whose size is limited.
ShortText = Annotated[str, Field(max_length=256)]
Uri = Annotated[str, Field(max_length=2048)]
MAX_METRICS = 200
MAX_VERSIONS = 100


class ContainerResult(Record):
    """What all results have; a newer container may add fields."""

    model_config = ConfigDict(extra="ignore")

    schema_version: Literal[1]
    job_id: str


class TrainingResult(ContainerResult):
    """The version that was trained and registered; its metrics are for information only."""

    kind: Literal["train"]
    model_version: ShortText
    run_id: ShortText
    rows: int
    manifest_sha256: ShortText
    metrics: dict[ShortText, float] = Field(max_length=MAX_METRICS)
    artifacts_uri: Uri
    artifact_sha256: ShortText
    image: Uri | None = None

    @property
    def version(self) -> ModelVersion:
        """The version, as the job records it."""
        files = VersionFiles(artifact_sha256=self.artifact_sha256, artifacts_uri=self.artifacts_uri, image=self.image)
        return ModelVersion(number=self.model_version, files=files, run_id=self.run_id, metrics=self.metrics)


class PredictionFile(Record):
    """A file with one version's predictions for the holdout rows."""

    uri: Uri
    sha256: ShortText
    rows: int


class ScoringResult(ContainerResult):
    """Prediction files by version, for the rows that have a label."""

    kind: Literal["score"]
    predictions: dict[ShortText, PredictionFile] = Field(max_length=MAX_VERSIONS)
    rows_without_label: int = Field(default=0, ge=0)


class EvidentlyFeature(Record):
    """PSI with Evidently's bins, and whether it calls that drift; None if it could not compare."""

    psi: float | None
    drifted: bool | None


class EvidentlySummary(ContainerResult):
    """Evidently's results for each feature; its report is stored beside this document."""

    model_name: str
    evidently_version: str
    features: dict[str, EvidentlyFeature]
