"""Anchors in an S3 bucket with Object Lock: what was stored once can be neither replaced nor deleted."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from ..domain.anchors import Anchor, StoredAnchor, anchor_key, anchor_number
from ..domain.errors import AnchorConflict, DataUnavailable
from .aws import CONNECTIONS, translated

# As many as S3 lists in one call.
KEYS_PER_PAGE = 1000
PREFIX = anchor_key(0).rpartition("/")[0] + "/"
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


class _Version(NamedTuple):
    """One version of an object, or the mark of a deletion."""

    key: str
    version_id: str
    at: Any
    is_deletion: bool


class S3AnchorStore:
    """AnchorStore in a bucket whose default retention locks every new object (mode COMPLIANCE)."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client, self._bucket = client, bucket

    def add(self, anchor: Anchor) -> None:
        request = {
            "Bucket": self._bucket,
            "Key": anchor_key(anchor.sequence),
            "Body": anchor.document,
            "ContentType": "application/json",
            "IfNoneMatch": "*",
            # S3 locks no object without a checksum; this one is the hash that the next anchor names.
            "ChecksumAlgorithm": "SHA256",
        }
        try:
            with translated(DataUnavailable, keep=_TAKEN, place=f"'s3://{self._bucket}/{request['Key']}'"):
                self._client.put_object(**request)
        except ClientError as error:
            raise AnchorConflict(f"there is an anchor {anchor.sequence} already; somebody else was faster") from error

    def newest(self) -> StoredAnchor | None:
        number = self._newest_number()
        return self._read(anchor_key(number), None) if number else None

    def _newest_number(self) -> int:
        """The number of the newest anchor, 0 without any, in a dozen calls for as many years: by ever larger steps to
        beyond the end, then by halves back to it. Keys are listed in order, so this finds the last one whatever is
        missing before it."""
        numbers, is_all = self._numbers_after(0)
        known, end, step = max(numbers, default=0), None, KEYS_PER_PAGE
        # Something else may lie behind the last of them.
        while not is_all and (end is None or end > known):
            start = known + step if end is None else (known + end) // 2
            numbers, is_all = self._numbers_after(start)
            if numbers:
                known, step = numbers[-1], 2 * step
            else:
                end, is_all = start, False
        return known

    def _numbers_after(self, number: int) -> tuple[list[int], bool]:
        """The numbers of the anchors after one, of as many as one call gives, and whether these are all."""
        request = {"Bucket": self._bucket, "Prefix": PREFIX, "StartAfter": anchor_key(number)}
        with translated(DataUnavailable, place=f"bucket '{self._bucket}'"):
            page = self._client.list_objects_v2(**request, MaxKeys=KEYS_PER_PAGE)
        numbers = [anchor_number(entry["Key"]) for entry in page.get("Contents", [])]
        return [each for each in numbers if each is not None], not page["IsTruncated"]

    def history(self) -> Iterator[StoredAnchor]:
        # S3 lists the newest version of a key first; times have only seconds.
        versions = list(self._versions())
        versions.reverse()
        versions.sort(key=lambda each: (each.key, each.at))
        by_key = [list(same) for _, same in groupby(versions, key=lambda each: each.key)]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            yield from pool.map(self._first_of, by_key)

    def _versions(self) -> Iterator[_Version]:
        for page in self._pages("list_object_versions", Prefix=PREFIX):
            for kind in ("Versions", "DeleteMarkers"):
                for each in page.get(kind, []):
                    yield _Version(each["Key"], each["VersionId"], each["LastModified"], kind == "DeleteMarkers")

    def _first_of(self, versions: list[_Version]) -> StoredAnchor:
        """The oldest version: Object Lock keeps it, whatever was put on top of it."""
        first = next((each for each in versions if not each.is_deletion), versions[0])
        stored = self._read(first.key, first.version_id)
        return stored.changed(rewritten=len(versions) > 1)

    def _pages(self, operation: str, **request: Any) -> Iterator[dict[str, Any]]:
        pages = iter(self._client.get_paginator(operation).paginate(Bucket=self._bucket, **request))
        while True:
            with translated(DataUnavailable, place=f"bucket '{self._bucket}'"):
                page = next(pages, None)
            if page is None:
                return
            yield page

    def _read(self, key: str, version_id: str | None) -> StoredAnchor:
        request = {"Bucket": self._bucket, "Key": key, **({"VersionId": version_id} if version_id else {})}
        with translated(DataUnavailable, place=f"'s3://{self._bucket}/{key}'"):
            answer = self._client.get_object(**request)
            document: bytes = answer["Body"].read()
        # Anybody with the right permission can lift a lock of the mode GOVERNANCE.
        is_locked = answer.get("ObjectLockMode") == "COMPLIANCE"
        locked_until = answer.get("ObjectLockRetainUntilDate") if is_locked else None
        return StoredAnchor(key=key, document=document, locked_until=locked_until)
