"""Registered versions of the model, and the registry that training and scoring need."""

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
    """A version, ready to predict.

    `features` are the columns that it was trained on, if known, and `texts` those of them that are not numbers.
    """

    number: str
    model: Any
    features: tuple[str, ...] | None
    texts: frozenset[str] = frozenset()


class Versions(Protocol):
    """The registry, as training and scoring need it."""

    def find(self) -> TrainedVersion | None:
        """The job's version; if two processes registered one each, the lower number counts for both."""

    def run(self) -> AbstractContextManager[None]:
        """Log everything inside to one run, which fails if the block fails."""

    def register(self, model: Any, columns: Columns, rows: LabelledRows, metrics: dict[str, float]) -> None:
        """Log a fitted model to the run, and register it under the next number."""

    def record_files(self, number: str) -> bytes:
        """Return a version's file list, and tag the version with the digest of the list.

        Raises VersionUnusable if the version is tagged with another digest: its files have changed since.
        """

    def keep_report(self, documents: dict[str, bytes]) -> None:
        """Log the documents of a drift report, by file name, to a run of its own."""

    def load(self, number: str, artifact_sha256: str | None) -> LoadedVersion:
        """Load a version after checking that its files have this digest, unless it is None.

        Raises VersionUnusable if the version does not exist, its files differ, or this image cannot load it.
        """
