"""The storage of orders that a back-test carries out in a world of its own."""

import sys
from pathlib import Path

from auto_retrain.adapters.memory.data import MemoryDataStore
from auto_retrain.domain.errors import ArtifactMissing

from .errors import DataInvalid
from .object_cache import ObjectCache
from .storage import Storage


class WorldStorage(Storage):
    """Data come from outside, documents stay in the memory of the world."""

    def __init__(self, documents: MemoryDataStore, objects: ObjectCache) -> None:
        self._documents, self._objects = documents, objects

    def read(self, uri: str, etag: str | None = None) -> bytes:
        if etag:
            return self._objects.read(uri, etag)
        try:
            return self._documents.read(uri, sys.maxsize)
        except ArtifactMissing as error:
            raise DataInvalid(f"{uri} does not exist") from error

    def exists(self, uri: str) -> bool:
        try:
            self._documents.read(uri, sys.maxsize)
        except ArtifactMissing:
            return False
        return True

    def write(self, uri: str, content: bytes) -> None:
        self._documents.write(uri.removeprefix(self._documents.uri("")), content)

    def write_once(self, uri: str, content: bytes) -> bool:
        if self.exists(uri):
            return False
        self.write(uri, content)
        return True

    def upload(self, path: Path, uri: str) -> None:
        self.write(uri, path.read_bytes())

    def download(self, uri: str, path: Path) -> None:
        path.write_bytes(self.read(uri))

    def delete(self, uri: str) -> None:
        self._documents.delete(uri)
