"""The result documents that a training container writes."""

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from .base import Record, UtcTime
from .files import VersionFiles
from .model_version import ModelVersion
from .usage import ContainerUse

# What a container writes becomes part of the job record, whose size is limited.
Number = Annotated[str, Field(max_length=64)]
Digest = Annotated[str, Field(max_length=64)]
ShortText = Annotated[str, Field(max_length=256)]
Uri = Annotated[str, Field(max_length=512)]
MAX_VERSIONS = 100
# In characters of JSON: the record of a job has room for those of twenty variants.
MAX_METRICS_LENGTH = 3_000


def _check_metrics(metrics: dict[str, float]) -> dict[str, float]:
    size = len(json.dumps(metrics))
    if size > MAX_METRICS_LENGTH:
        raise ValueError(f"{size} characters of JSON; at most {MAX_METRICS_LENGTH} are allowed")
    return metrics


class ContainerSpan(Record):
    """A part of a container's work, for the trace of the job."""

    name: str = Field(min_length=1, max_length=100)
    started_at: UtcTime
    ended_at: UtcTime


def _readable_spans(given: Any) -> Any:
    """The spans, or none at all if they are odd: no outcome depends on them."""
    try:
        return TypeAdapter(Spans).validate_python(given)
    except ValidationError:
        return ()


def _readable_use(given: Any) -> Any:
    """What a container says that it used, or nothing if that is odd: no outcome depends on it."""
    try:
        return TypeAdapter(ContainerUse | None).validate_python(given)
    except ValidationError:
        return None


MAX_SPANS = 50
Spans = Annotated[tuple[ContainerSpan, ...], Field(max_length=MAX_SPANS)]


class ContainerResult(Record):
    """What all results have; a newer container may add fields."""

    model_config = ConfigDict(extra="ignore")

    schema_version: Literal[1]
    job_id: ShortText
    manifest_sha256: Digest | None = None
    spans: Annotated[Spans, BeforeValidator(_readable_spans)] = ()
    use: Annotated[ContainerUse | None, BeforeValidator(_readable_use)] = None

    @property
    def files(self) -> tuple[str, ...]:
        """URIs of the files that it names."""
        return ()


class TrainingResult(ContainerResult):
    """The version that was trained and registered; its metrics are for information only."""

    kind: Literal["train"]
    model_version: Number
    run_id: ShortText
    rows: int
    metrics: Annotated[dict[str, float], AfterValidator(_check_metrics)]
    artifacts_uri: Uri
    artifact_sha256: Digest
    image: Uri | None = None
    reads_parts: bool = False

    @property
    def files(self) -> tuple[str, ...]:
        return (self.artifacts_uri,)

    def version(self, image: str | None) -> ModelVersion:
        """The version, as the job records it, with the image that was ordered to train it."""
        files = VersionFiles(
            artifact_sha256=self.artifact_sha256,
            artifacts_uri=self.artifacts_uri,
            image=image,
            reads_parts=self.reads_parts,
        )
        return ModelVersion(number=self.model_version, files=files, run_id=self.run_id, metrics=self.metrics)


class PredictionFile(Record):
    """A file with one version's predictions for the holdout rows."""

    uri: Uri
    sha256: Digest
    rows: int


class ScoringResult(ContainerResult):
    """Prediction files by version, for the rows that have a label."""

    kind: Literal["score"]
    predictions: dict[Number, PredictionFile] = Field(max_length=MAX_VERSIONS)
    versions: dict[Number, Digest | None] = Field(
        default_factory=dict, max_length=MAX_VERSIONS, description="digests of the versions' files"
    )
    rows_without_label: int = Field(default=0, ge=0)

    @property
    def files(self) -> tuple[str, ...]:
        return tuple(file.uri for file in self.predictions.values())


class BrokenData(Record):
    """Why data cannot be examined: columns that are missing or have no numbers, an object that has changed, or else."""

    reason: Annotated[str, Field(max_length=2000)]
    missing: tuple[ShortText, ...] = ()
    not_numeric: ShortText | None = None
    changed_since: bool = False


class EvidenceFile(Record):
    """A file with what one part of the data shows."""

    uri: Uri
    sha256: Digest


class ExaminationResult(ContainerResult):
    """What one part of the data shows, as a file; none if the data are broken."""

    kind: Literal["check"]
    evidence: EvidenceFile | None = None
    broken: BrokenData | None = None

    @property
    def files(self) -> tuple[str, ...]:
        return (self.evidence.uri,) if self.evidence else ()


class TrainedProxy(Record):
    """A small model that was registered nowhere: the rows that it was trained on, and what it predicted."""

    rows: int = Field(ge=0)
    predictions: PredictionFile


class ProxyResult(ContainerResult):
    """Two proxies, the one with fewer rows first, and the champion unless that was scored in its own image."""

    kind: Literal["proxy"]
    proxies: tuple[TrainedProxy, TrainedProxy]
    predictions: dict[Number, PredictionFile] = Field(default_factory=dict, max_length=MAX_VERSIONS)
    versions: dict[Number, Digest | None] = Field(default_factory=dict, max_length=MAX_VERSIONS)

    @property
    def files(self) -> tuple[str, ...]:
        proxies = (proxy.predictions for proxy in self.proxies)
        return tuple(file.uri for file in (*proxies, *self.predictions.values()))


class EvidentlyFeature(Record):
    """PSI with Evidently's bins, and whether it calls that drift; None if it could not compare."""

    psi: float | None
    drifted: bool | None


class EvidentlySummary(ContainerResult):
    """Evidently's results for each feature; its report is stored beside this document."""

    model_name: str
    evidently_version: str
    features: dict[str, EvidentlyFeature]
