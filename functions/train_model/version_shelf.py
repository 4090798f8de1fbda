"""Versions of a back-test: registered in the memory of its world, where no other process sees them."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import cloudpickle  # type: ignore[import-untyped]

from auto_retrain.adapters.memory.outside import MemoryRegistry
from auto_retrain.domain.files import file_list

from .data import LabelledRows
from .errors import TrainerBroken, VersionUnusable
from .order import Columns, Order
from .versions import LoadedVersion, TrainedVersion

_DIGEST = "model.pkl.sha256"


class VersionShelf:
    """All versions of the one model of a back-test, in the order of their training; models are in a folder."""

    def __init__(self, registry: MemoryRegistry, folder: Path) -> None:
        self.registry = registry
        self._folder = folder
        self.trained: dict[tuple[str, int | None], TrainedVersion] = {}
        self.features: dict[str, tuple[str, ...]] = {}
        # Each day is predicted by the version that serves, and a retraining needs two.
        self.load = lru_cache(maxsize=4)(self._load)

    def put(self, content: bytes, features: tuple[str, ...]) -> str:
        """Keep a pickled model under the next number."""
        number = str(len(self.features) + 1)
        self._path(number).write_bytes(content)
        self.features[number] = features
        return number

    def _load(self, number: str) -> LoadedVersion:
        if number not in self.features:
            raise VersionUnusable(f"the back-test has no version {number}")
        content = self._path(number).read_bytes()
        try:
            model = cloudpickle.loads(content)
        except (Exception, SystemExit) as error:
            problem = f"version {number} cannot be loaded: {type(error).__name__}: {error}"
            raise VersionUnusable(problem) from error
        return LoadedVersion(number, model, self.features[number])

    def _path(self, number: str) -> Path:
        return self._folder / number


class ShelvedVersions:
    """Versions for one order of a back-test."""

    def __init__(self, order: Order, shelf: VersionShelf) -> None:
        self._order = order
        self._shelf = shelf

    def find(self) -> TrainedVersion | None:
        return self._shelf.trained.get((self._order.job_id, self._order.variant))

    @contextmanager
    def run(self) -> Iterator[None]:
        yield

    def register(self, model: Any, columns: Columns, rows: LabelledRows, metrics: dict[str, float]) -> None:
        order, shelf = self._order, self._shelf
        try:
            content = cloudpickle.dumps(model)
        except Exception as error:
            raise TrainerBroken(f"the fitted {type(model).__name__} cannot be pickled: {error}") from error
        number = shelf.put(content, columns.features)
        run_id = f"run-{number}"
        shelf.registry.start_run(run_id)
        shelf.registry.register(order.model_name, number, run_id=run_id, job_id=order.job_id)
        # Its digest stands for the model, of which there may be hundreds.
        digest = hashlib.sha256(content).hexdigest().encode()
        shelf.registry.write_file(order.model_name, number, _DIGEST, digest)
        shelf.trained[order.job_id, order.variant] = TrainedVersion(number, run_id, metrics)

    def record_files(self, number: str) -> bytes:
        return file_list(self._shelf.registry.version_files(self._order.model_name, number))

    def keep_report(self, documents: dict[str, bytes]) -> None:
        """Reports are for people, who read none of a back-test."""

    def load(self, number: str, artifact_sha256: str | None) -> LoadedVersion:
        """Nobody else can have changed its files."""
        return self._shelf.load(number)
