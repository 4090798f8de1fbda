"""A registered version of a model, as much as our own records know of it."""

from pydantic import Field

from .base import Record
from .files import VersionFiles


class ModelVersion(Record):
    """A version by its number, its files, the MLflow run that made it, and the metrics that training logged."""

    number: str
    files: VersionFiles = VersionFiles()
    run_id: str | None = None
    metrics: dict[str, float] = Field(default_factory=dict)
