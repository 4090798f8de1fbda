"""Registered versions of the ordered model, and what a registry has to do with them."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from .data import LabelledRows
from .order import Columns


@dataclass(frozen=True)
class TrainedVersion:
    """The version that counts for a job."""

    number: str
    run_id: str
    metrics: dict[str, float]


@dataclass(frozen=True)
class LoadedVersion:
    """A version, ready to predict; `features` are the columns that it was trained on, if it tells."""

    number: str
    model: Any
    features: tuple[str, ...] | None


class Versions(Protocol):
    """The registry, as training and scoring need it."""

    def find(self) -> TrainedVersion | None:
        """The job's version. Should two processes have made one each, both get the lower one here."""

    def run(self) -> AbstractContextManager[None]:
        """Everything inside belongs to one run, which fails with it."""

    def register(self, model: Any, columns: Columns, rows: LabelledRows, metrics: dict[str, float]) -> None:
        """Log a fitted model into the run and register it under the next number."""

    def record_artifacts(self, number: str) -> bytes:
        """Give the manifest of a version's files and tag the version with its digest.

        Raises VersionUnusable when the version is tagged with another one: its files have changed since.
        """

    def keep_report(self, documents: dict[str, bytes]) -> None:
        """Log a drift report's documents, by file name, into a run of their own."""

    def load(self, number: str, artifact_sha256: str | None) -> LoadedVersion:
        """Load a version of this model once its files are seen to be those with this digest, unless it is None.

        Raises VersionUnusable when there is no such version, none with these files, or none that this image can load.
        """
