"""Data and documents in memory."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from io import BytesIO
from typing import IO, Any

from ...domain.digest import sha256_of
from ...domain.errors import ArtifactInvalid, ArtifactMissing, DataChanged, DataInvalid
from ...domain.files import FileDigest
from ...domain.layouts import Folder, Layout, folder_of, is_hidden, other_layout
from ...domain.manifest import DataObject
from ...domain.windows import Window
from ...ports import MAX_DOCUMENT_BYTES, RowBatch


class MemoryDataStore:
    """DataStore in a dictionary of URIs."""

    def __init__(self) -> None:
        self._contents: dict[str, bytes] = {}
        self._partitions: dict[str, list[DataObject]] = {}

    def add_partition(
        self, prefix: str, day: date, content: bytes, name: str = "part-0.parquet", layout: Layout = Layout.DATE
    ) -> str:
        """Store an object of a day, as a producer of data would, and return its URI."""
        return self.add_object(prefix, f"{folder_of(day, layout)}/{name}", content, day)

    def add_object(self, prefix: str, path: str, content: bytes, day: date = date.min) -> str:
        """Store an object at any path below a prefix, and return its URI; in the folder of no day it is of none."""
        uri = f"s3://data/{prefix}/{path}"
        self._contents[uri] = content
        data_object = DataObject(uri=uri, etag=_etag_of(content), size=len(content), date=day)
        self._partitions.setdefault(prefix, []).append(data_object)
        return uri

    def list_partitions(
        self, prefix: str, window: Window, layout: Layout = Layout.DATE, date_column: str | None = None
    ) -> list[DataObject]:
        if layout is Layout.COLUMN:
            below = f"s3://data/{prefix}/"
            items = (item for item in self._partitions.get(prefix, []) if item.size)
            seen = (item for item in items if not is_hidden(item.uri.removeprefix(below)))
            tables = sorted(seen, key=lambda item: item.uri)
            # What was given for a day is of that day; of other objects a column would have to tell.
            return [
                item if item.date == day else item.changed(date=day, date_column=date_column)
                for day in window.days()
                for item in tables
                if item.date in (day, date.min)
            ]
        items = (item for item in self._partitions.get(prefix, []) if item.size)
        inside = (item for item in items if window.start <= item.date < window.end)
        of_layout = (item for item in inside if not other_layout([_first_name(prefix, item)], layout))
        return sorted(of_layout, key=lambda item: (item.date, item.uri))

    def look_below(self, prefix: str) -> Folder:
        names = {_first_name(prefix, item) for item in self._partitions.get(prefix, []) if item.size}
        return Folder(f"s3://data/{prefix}/", tuple(sorted(names)))

    def read(self, uri: str, max_bytes: int = MAX_DOCUMENT_BYTES) -> bytes:
        if uri not in self._contents:
            raise ArtifactMissing(f"there is no '{uri}'")
        content = self._contents[uri]
        if len(content) > max_bytes:
            raise ArtifactInvalid(f"'{uri}' has {len(content)} bytes; at most {max_bytes} are allowed")
        return content

    def open(self, data_object: DataObject) -> IO[bytes]:
        content = self._contents.get(data_object.uri)
        if content is None:
            raise DataChanged(f"'{data_object.uri}' no longer exists")
        if _etag_of(content) != data_object.etag:
            raise DataChanged(f"'{data_object.uri}' has changed since it was listed")
        return BytesIO(content)

    def write(self, key: str, content: bytes) -> str:
        self._contents[self.uri(key)] = content
        return self.uri(key)

    def write_once(self, key: str, content: bytes) -> bool:
        is_new = self.uri(key) not in self._contents
        if is_new:
            self.write(key, content)
        return is_new

    def keep(self, key: str, file: FileDigest, pieces: Iterable[bytes]) -> str:
        present = self._contents.get(self.uri(key))
        if present is None or _digest_of(present) != file:
            content = b"".join(pieces)
            if _digest_of(content) != file:
                raise ArtifactInvalid(f"'{key}' is not stored: its content is not the one whose digest is known")
            self.write(key, content)
        return self.uri(key)

    def prune(self, prefix: str, keep: Collection[str]) -> None:
        start = self.uri(prefix)
        for uri in [uri for uri in self._contents if uri.startswith(start)]:
            if uri.removeprefix(start).partition("/")[0] not in keep:
                del self._contents[uri]

    def delete(self, uri: str) -> None:
        """Delete one document; does nothing if it does not exist."""
        self._contents.pop(uri, None)

    def uri(self, key: str) -> str:
        return f"s3://artifacts/{key}"


def _first_name(prefix: str, item: DataObject) -> str:
    """The name directly below a prefix, with a slash if it is that of a folder."""
    name, slash, _ = item.uri.removeprefix(f"s3://data/{prefix}/").partition("/")
    return f"{name}{slash}"


def _digest_of(content: bytes) -> FileDigest:
    return FileDigest(sha256=sha256_of(content), size=len(content))


def _etag_of(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


class MemoryTableReader:
    """TableReader that returns prepared columns, whatever the objects hold: numbers as arrays, categories as lists."""

    def __init__(self) -> None:
        self.by_uri: dict[str, Mapping[str, Any]] = {}

    def with_their_days(self, objects: Sequence[DataObject]) -> list[DataObject]:
        return list(objects)

    def batches(
        self,
        objects: Iterable[DataObject],
        format: str,
        numeric: Sequence[str],
        categorical: Sequence[str],
        texts: Sequence[str] = (),
    ) -> Iterator[RowBatch]:
        wanted = (*numeric, *categorical, *texts)
        for data_object in objects:
            columns = self.by_uri[data_object.uri]
            missing = [name for name in wanted if name not in columns]
            if missing:
                text = f"'{data_object.uri}' lacks the columns {', '.join(missing)}"
                raise DataInvalid(text, missing=tuple(missing))
            yield RowBatch(
                rows=max((len(columns[name]) for name in wanted), default=0),
                numbers={name: columns[name] for name in numeric},
                levels={name: Counter(columns[name]) for name in categorical},
                texts={name: list(columns[name]) for name in texts},
            )
