"""Files of any size in S3, stored in parts and only if their content has the digest that is known of them."""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from typing import Any

from botocore.exceptions import ClientError

from ...domain.errors import ArtifactInvalid, AutoRetrainError, DataUnavailable
from ...domain.files import FileDigest
from ..aws import translated

# Of one request. S3 takes ten thousand of them, so a file may have 160 GB.
PART_BYTES = 16 << 20
_ABSENT = frozenset({"NoSuchKey", "404"})
_DIGEST = "sha256"


def is_stored(client: Any, bucket: str, key: str, file: FileDigest) -> bool:
    """Whether this very content is there already."""
    try:
        with _at(bucket, key, keep=_ABSENT):
            head = client.head_object(Bucket=bucket, Key=key)
    except ClientError:
        return False
    return (head["ContentLength"], head["Metadata"].get(_DIGEST)) == (file.size, file.sha256)


def store(client: Any, bucket: str, key: str, file: FileDigest, pieces: Iterable[bytes]) -> None:
    """Store a file; raises ArtifactInvalid, and stores nothing, if its content is another one."""
    place = {"Bucket": bucket, "Key": key}
    parts = _parts(_checked(key, file, pieces))
    if file.size <= PART_BYTES:
        content = b"".join(parts)
        with _at(bucket, key):
            client.put_object(**place, Body=content, Metadata={_DIGEST: file.sha256})
        return
    with _at(bucket, key):
        begun = client.create_multipart_upload(**place, Metadata={_DIGEST: file.sha256})
    upload = {**place, "UploadId": begun["UploadId"]}
    try:
        _upload(client, upload, parts)
    except BaseException:
        # What went wrong first is what counts; the bucket's rules remove parts that stay.
        with suppress(AutoRetrainError), _at(bucket, key):
            client.abort_multipart_upload(**upload)
        raise


def _upload(client: Any, upload: dict[str, Any], parts: Iterable[bytes]) -> None:
    done, place = [], (upload["Bucket"], upload["Key"])
    for number, part in enumerate(parts, 1):
        with _at(*place):
            answer = client.upload_part(**upload, PartNumber=number, Body=part)
        done.append({"PartNumber": number, "ETag": answer["ETag"]})
    with _at(*place):
        client.complete_multipart_upload(**upload, MultipartUpload={"Parts": done})


def _at(bucket: str, key: str, keep: frozenset[str] = frozenset()) -> AbstractContextManager[None]:
    return translated(DataUnavailable, keep=keep, place=f"'s3://{bucket}/{key}'")


def _parts(pieces: Iterable[bytes]) -> Iterator[bytes]:
    part = bytearray()
    for piece in pieces:
        part += piece
        while len(part) > PART_BYTES:
            yield bytes(part[:PART_BYTES])
            del part[:PART_BYTES]
    yield bytes(part)


def _checked(key: str, file: FileDigest, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces; the last one only if all of them together are what they should be."""
    digest, size, last = hashlib.sha256(), 0, b""
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
        if size > file.size:
            break
        yield last
        last = piece
    if (digest.hexdigest(), size) != (file.sha256, file.size):
        raise ArtifactInvalid(f"'{key}' is not stored: its content is not the one whose digest is known")
    yield last
