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

    def keep_report(self, documents: dict[str, bytes]) -> None:
        """Log a drift report's documents, by file name, into a run of their own."""

    def load(self, number: str) -> LoadedVersion:
        """Load a version of this model; raises VersionUnusable when there is none, or none that this image can load."""
