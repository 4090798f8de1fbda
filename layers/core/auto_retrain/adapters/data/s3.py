"""Labelled data and job documents in S3."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from io import BytesIO
from typing import IO, Any, cast

from botocore.exceptions import ClientError

from ...domain.errors import ArtifactMissing, DataChanged, DataUnavailable, SettingMissing
from ...domain.manifest import DataObject
from ...domain.windows import Window
from ..aws import error_code, translated
from .ranged_object import RangedObject

_ABSENT = frozenset({"NoSuchKey", "404"})
_CHANGED = frozenset({"PreconditionFailed", "412", "InvalidRange"})
LARGEST_WHOLE = 32 << 20


class S3DataStore:
    """DataStore on two buckets: one that holds the users' data, and our own for artifacts.

    A function that lists no data has no data bucket.
    """

    def __init__(self, client: Any, data_bucket: str | None, artifacts_bucket: str) -> None:
        self._client = client
        self._data_bucket = data_bucket
        self._artifacts_bucket = artifacts_bucket

    def list_partitions(self, prefix: str, window: Window) -> list[DataObject]:
        if self._data_bucket is None:
            raise SettingMissing("DATA_BUCKET")
        # Keys are listed in order, so one listing that starts at the first day covers all days.
        request = {
            "Bucket": self._data_bucket,
            "Prefix": f"{prefix}/date=",
            "StartAfter": f"{prefix}/date={window.start}",
        }
        found = []
        for entry in self._entries(request):
            day = _partition_day(entry["Key"], prefix)
            if day is None or day < window.start or entry["Size"] == 0:
                continue
            if day >= window.end:
                break
            found.append(self._object(entry, day))
        return found

    def _entries(self, request: dict[str, Any]) -> Iterator[dict[str, Any]]:
        while True:
            with translated(DataUnavailable):
                page = self._client.list_objects_v2(**request)
            yield from page.get("Contents", [])
            if not page.get("IsTruncated"):
                return
            request["ContinuationToken"] = page["NextContinuationToken"]

    def _object(self, entry: dict[str, Any], day: date) -> DataObject:
        uri = f"s3://{self._data_bucket}/{entry['Key']}"
        return DataObject(uri=uri, etag=entry["ETag"].strip('"'), size=entry["Size"], date=day)

    def read(self, uri: str) -> bytes:
        bucket, key = split_uri(uri)
        try:
            with translated(DataUnavailable, keep=_ABSENT):
                body: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            raise ArtifactMissing(f"there is no '{uri}' ({error_code(error)})") from error
        return body

    def open(self, found: DataObject) -> IO[bytes]:
        whole = BytesIO(self._range(found, 0, found.size)) if found.size <= LARGEST_WHOLE else None
        return whole or cast(IO[bytes], RangedObject(found.size, partial(self._range, found)))

    def _range(self, found: DataObject, start: int, end: int) -> bytes:
        bucket, key = split_uri(found.uri)
        request = {"Bucket": bucket, "Key": key, "IfMatch": f'"{found.etag}"', "Range": f"bytes={start}-{end - 1}"}
        try:
            with translated(DataUnavailable, keep=_ABSENT | _CHANGED):
                body: bytes = self._client.get_object(**request)["Body"].read()
        except ClientError as error:
            what = "has changed since it was listed" if error_code(error) in _CHANGED else "is not there any more"
            raise DataChanged(f"'{found.uri}' {what}") from error
        return body

    def write(self, key: str, content: bytes) -> str:
        with translated(DataUnavailable):
            self._client.put_object(Bucket=self._artifacts_bucket, Key=key, Body=content)
        return self.uri(key)

    def uri(self, key: str) -> str:
        return f"s3://{self._artifacts_bucket}/{key}"


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of s3://bucket/key."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _partition_day(key: str, prefix: str) -> date | None:
    """The day of `prefix/date=YYYY-MM-DD/...`; None for keys that are no partition."""
    name, slash, _ = key.removeprefix(f"{prefix}/date=").partition("/")
    try:
        return date.fromisoformat(name) if slash and len(name) == len("YYYY-MM-DD") else None
    except ValueError:
        return None
