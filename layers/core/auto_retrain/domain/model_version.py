"""A registered version of a model, as our records describe it."""

from pydantic import Field

from .base import Record
from .files import VersionFiles


class ModelVersion(Record):
    """A version: its number, its files, the MLflow run that produced it, and the metrics that training logged."""

    number: str
    files: VersionFiles = Field(default_factory=VersionFiles.as_default)
    run_id: str | None = None
    metrics: dict[str, float] = Field(default_factory=dict)
