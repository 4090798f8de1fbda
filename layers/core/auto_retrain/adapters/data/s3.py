"""Labelled data and job documents in S3."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from datetime import date
from functools import partial
from io import BytesIO
from itertools import islice
from typing import IO, Any, cast

from botocore.exceptions import ClientError

from ...domain.errors import ArtifactInvalid, ArtifactMissing, DataChanged, DataInvalid, DataUnavailable, SettingMissing
from ...domain.files import FileDigest
from ...domain.layouts import Folder, Layout, Span, day_of, is_hidden, managed_by, spans
from ...domain.manifest import DataObject
from ...domain.windows import Window
from ...ports import MAX_DOCUMENT_BYTES
from ..aws import error_code, translated
from .kept_files import is_stored, store
from .ranged_object import RangedObject

_ABSENT = frozenset({"NoSuchKey", "404"})
_CHANGED = frozenset({"PreconditionFailed", "412", "InvalidRange"})
_TAKEN, _AT_ONCE = frozenset({"PreconditionFailed", "412"}), frozenset({"ConditionalRequestConflict", "409"})
# Larger objects are read in parts.
MAX_WHOLE_BYTES, MAX_WHOLE_TABLE_BYTES = 32 << 20, 1 << 20
# By one request.
MAX_DELETED = 1000


class S3DataStore:
    """DataStore on two buckets: one with the users' data, and our own for artifacts.

    Functions that list no data are given no data bucket.
    """

    def __init__(self, client: Any, data_bucket: str | None, artifacts_bucket: str) -> None:
        self._client = client
        self._data_bucket = data_bucket
        self._artifacts_bucket = artifacts_bucket

    def list_partitions(
        self, prefix: str, window: Window, layout: Layout = Layout.DATE, date_column: str | None = None
    ) -> list[DataObject]:
        if layout is Layout.COLUMN:
            entries = self._of_one_table(prefix)
            return [self._object(entry, day, date_column) for day in window.days() for entry in entries]
        objects = [item for span in spans(prefix, window, layout) for item in self._days(prefix, span, window, layout)]
        return sorted(objects, key=lambda item: (item.date, item.uri))

    def _of_one_table(self, prefix: str) -> list[dict[str, Any]]:
        below = f"{prefix}/"
        by_path = {
            entry["Key"].removeprefix(below): entry
            for entry in self._entries({"Bucket": self._bucket, "Prefix": below})
            if entry["Size"]
        }
        program = managed_by(by_path)
        if program:
            raise DataInvalid(
                f"'s3://{self._bucket}/{below}' is a table of {program}, in which not every file is current; write its "
                "rows as plain Parquet elsewhere (docs/data.md)"
            )
        return [entry for path, entry in by_path.items() if not is_hidden(path)]

    def _days(self, prefix: str, span: Span, window: Window, layout: Layout) -> Iterator[DataObject]:
        request = {"Bucket": self._bucket, "Prefix": span.prefix, "StartAfter": span.start}
        for entry in self._entries(request):
            day = day_of(entry["Key"].removeprefix(f"{prefix}/"), layout)
            if day is None or day < window.start or entry["Size"] == 0:
                continue
            if day < window.end:
                yield self._object(entry, day)
            elif span.start:
                # Days are in order where they are one folder.
                return

    def look_below(self, prefix: str) -> Folder:
        below = f"{prefix}/"
        uri = f"s3://{self._bucket}/{below}"
        with translated(DataUnavailable, place=f"'{uri}'"):
            page = self._client.list_objects_v2(Bucket=self._bucket, Prefix=below, Delimiter="/")
        keys = [each["Prefix"] for each in page.get("CommonPrefixes", [])]
        keys += [entry["Key"] for entry in page.get("Contents", []) if entry["Size"]]
        names = tuple(key.removeprefix(below) for key in keys)
        return Folder(uri, names)

    @property
    def _bucket(self) -> str:
        if self._data_bucket is None:
            raise SettingMissing("DATA_BUCKET")
        return self._data_bucket

    def _entries(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        while True:
            with translated(DataUnavailable, place=f"bucket '{request['Bucket']}'"):
                page = self._client.list_objects_v2(**request)
            yield from page.get("Contents", [])
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def _object(self, entry: dict[str, Any], day: date, date_column: str | None = None) -> DataObject:
        uri = f"s3://{self._data_bucket}/{entry['Key']}"
        return DataObject(uri=uri, etag=entry["ETag"].strip('"'), size=entry["Size"], date=day, date_column=date_column)

    def read(self, uri: str, max_bytes: int = MAX_DOCUMENT_BYTES) -> bytes:
        bucket, key = split_uri(uri)
        try:
            with translated(DataUnavailable, keep=_ABSENT, place=f"'{uri}'"):
                answer = self._client.get_object(Bucket=bucket, Key=key)
                with closing(answer["Body"]) as body:
                    if answer["ContentLength"] > max_bytes:
                        size = answer["ContentLength"]
                        raise ArtifactInvalid(f"'{uri}' has {size} bytes; at most {max_bytes} are allowed")
                    content: bytes = body.read()
        except ClientError as error:
            raise ArtifactMissing(f"there is no '{uri}'") from error
        return content

    def open(self, data_object: DataObject) -> IO[bytes]:
        size = data_object.size
        # Of one table, row groups of other days need not be read.
        is_whole = size <= (MAX_WHOLE_TABLE_BYTES if data_object.date_column else MAX_WHOLE_BYTES)
        whole = BytesIO(self._range(data_object, 0, size)) if is_whole else None
        return whole or cast(IO[bytes], RangedObject(size, partial(self._range, data_object)))

    def _range(self, data_object: DataObject, start: int, end: int) -> bytes:
        bucket, key = split_uri(data_object.uri)
        etag, extent = f'"{data_object.etag}"', f"bytes={start}-{end - 1}"
        request = {"Bucket": bucket, "Key": key, "IfMatch": etag, "Range": extent}
        try:
            with translated(DataUnavailable, keep=_ABSENT | _CHANGED, place=f"'{data_object.uri}'"):
                body: bytes = self._client.get_object(**request)["Body"].read()
        except ClientError as error:
            problem = "has changed since it was listed" if error_code(error) in _CHANGED else "no longer exists"
            raise DataChanged(f"'{data_object.uri}' {problem}") from error
        return body

    def write(self, key: str, content: bytes) -> str:
        with translated(DataUnavailable, place=f"'{self.uri(key)}'"):
            self._client.put_object(Bucket=self._artifacts_bucket, Key=key, Body=content)
        return self.uri(key)

    def write_once(self, key: str, content: bytes) -> bool:
        request = {"Bucket": self._artifacts_bucket, "Key": key, "Body": content, "IfNoneMatch": "*"}
        try:
            with translated(DataUnavailable, keep=_TAKEN | _AT_ONCE, place=f"'{self.uri(key)}'"):
                self._client.put_object(**request)
        except ClientError as error:
            if error_code(error) in _AT_ONCE:
                # Which of the two is stored is not known yet.
                raise DataUnavailable(f"'{self.uri(key)}' is written by somebody else at this moment") from error
            return False
        return True

    def keep(self, key: str, file: FileDigest, pieces: Iterable[bytes]) -> str:
        if not is_stored(self._client, self._artifacts_bucket, key, file):
            store(self._client, self._artifacts_bucket, key, file, pieces)
        return self.uri(key)

    def prune(self, prefix: str, keep: Collection[str]) -> None:
        keys = (entry["Key"] for entry in self._entries({"Bucket": self._artifacts_bucket, "Prefix": prefix}))
        old = (key for key in keys if key.removeprefix(prefix).partition("/")[0] not in keep)
        while batch := [{"Key": key} for key in islice(old, MAX_DELETED)]:
            with translated(DataUnavailable, place=f"bucket '{self._artifacts_bucket}'"):
                answer = self._client.delete_objects(
                    Bucket=self._artifacts_bucket, Delete={"Objects": batch, "Quiet": True}
                )
            for error in answer.get("Errors", []):
                raise DataUnavailable(f"'{self.uri(error.get('Key'))}' was not deleted: {error.get('Message')}")

    def uri(self, key: str) -> str:
        return f"s3://{self._artifacts_bucket}/{key}"


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of s3://bucket/key."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
