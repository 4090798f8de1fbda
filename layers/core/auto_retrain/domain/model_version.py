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

    @property
    def cannot_be_scored_in_parts(self) -> str:
        """The sentence about a champion whose image does not read parts, with what to do."""
        return (
            f"version {self.number}, the champion, was trained in '{self.files.image}', which did not say that it "
            "reads parts of a holdout, so no challenger can be compared with it; set data.parts: 1 until a version of "
            f"a newer image serves, or register it anew in MLflow and move the alias 'champion' to that"
        )
