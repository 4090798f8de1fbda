"""Data and documents in memory."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from ...domain.dataset import DataObject
from ...domain.errors import ArtifactInvalid
from ...domain.windows import Window
from ...ports import Columns


class MemoryDataStore:
    """DataStore in a dictionary of URIs."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}
        self._partitions: dict[str, list[DataObject]] = {}

    def add_partition(self, prefix: str, day: date, content: bytes, name: str = "part-0.parquet") -> None:
        """Put an object where a producer of data would."""
        uri = f"s3://data/{prefix}/date={day}/{name}"
        self._contents[uri] = content
        etag = hashlib.md5(content, usedforsecurity=False).hexdigest()
        found = DataObject(uri=uri, etag=etag, size=len(content), date=day)
        self._partitions.setdefault(prefix, []).append(found)

    def list_partitions(self, prefix: str, window: Window) -> list[DataObject]:
        inside = [found for found in self._partitions.get(prefix, []) if window.start <= found.date < window.end]
        return sorted(inside, key=lambda found: found.uri)

    def read(self, uri: str) -> bytes:
        if uri not in self._contents:
            raise ArtifactInvalid(f"there is no '{uri}'")
        return self._contents[uri]

    def write(self, key: str, content: bytes) -> str:
        self._contents[self.uri(key)] = content
        return self.uri(key)

    def uri(self, key: str) -> str:
        return f"s3://artifacts/{key}"


class MemoryTableReader:
    """TableReader that gives prepared columns, whatever is asked."""

    def __init__(self) -> None:
        self.by_uri: dict[str, Columns] = {}

    def batches(
        self, objects: Iterable[DataObject], format: str, numeric: Sequence[str], categorical: Sequence[str]
    ) -> Iterator[Columns]:
        for found in objects:
            columns = self.by_uri[found.uri]
            yield {name: columns[name] for name in (*numeric, *categorical)}
