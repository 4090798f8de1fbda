"""What a training container leaves behind when it is done."""

from typing import Literal

from pydantic import ConfigDict

from .base import Record


class ContainerResult(Record):
    """Common to both kinds; a newer container may say more."""

    model_config = ConfigDict(extra="ignore")

    schema_version: Literal[1]
    job_id: str


class TrainingResult(ContainerResult):
    """The version that was trained and registered; its metrics inform and decide nothing."""

    kind: Literal["train"]
    model_version: str
    run_id: str
    rows: int
    manifest_sha256: str
    metrics: dict[str, float]


class PredictionFile(Record):
    """Predictions of one version for all holdout rows."""

    uri: str
    sha256: str
    rows: int


class ScoringResult(ContainerResult):
    """Prediction files by version."""

    kind: Literal["score"]
    predictions: dict[str, PredictionFile]
