"""Objects in S3: reads pinned by ETag, and a write that only the first of several processes can make."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from .errors import DataInvalid

if TYPE_CHECKING:
    from botocore.client import BaseClient

GONE = {"NoSuchKey", "NoSuchBucket", "404"}
DENIED = {"AccessDenied", "403"}
CHANGED = {"PreconditionFailed", "412"}


class Storage:
    """Reads and writes whole objects."""

    def __init__(self, client: "BaseClient | None" = None) -> None:
        self._s3: Any = client or boto3.client("s3", config=Config(retries={"mode": "standard", "max_attempts": 5}))

    def read(self, uri: str, etag: str | None = None) -> bytes:
        """The bytes of an object; raises DataInvalid if it does not exist or has another ETag."""
        condition = {"IfMatch": _quoted(etag)} if etag else {}
        try:
            content: bytes = self._s3.get_object(**_address(uri), **condition)["Body"].read()
        except ClientError as error:
            _refuse_if_final(error, uri)
            raise
        return content

    def exists(self, uri: str) -> bool:
        """Whether an object exists; pods may not list objects, so S3 answers "denied" for one that does not."""
        try:
            self._s3.head_object(**_address(uri))
        except ClientError as error:
            if _code(error) in GONE | DENIED:
                return False
            raise
        return True

    def write(self, uri: str, content: bytes) -> None:
        self._s3.put_object(**_address(uri), Body=content)

    def upload(self, path: Path, uri: str) -> None:
        """Store a file of any size."""
        address = _address(uri)
        self._s3.upload_file(str(path), address["Bucket"], address["Key"])

    def download(self, uri: str, path: Path) -> None:
        """Write an object of any size into a file."""
        address = _address(uri)
        self._s3.download_file(address["Bucket"], address["Key"], str(path))

    def delete(self, uri: str) -> None:
        """Delete an object; does nothing if it does not exist."""
        self._s3.delete_object(**_address(uri))

    def write_once(self, uri: str, content: bytes) -> bool:
        """Write an object unless it exists already; returns whether it was written."""
        try:
            self._s3.put_object(**_address(uri), Body=content, IfNoneMatch="*")
        except ClientError as error:
            if _code(error) in CHANGED:
                return False
            raise
        return True


def _address(uri: str) -> dict[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return {"Bucket": bucket, "Key": key}


def _quoted(etag: str) -> str:
    """Listings return ETags with quotes; people and some tools omit them."""
    return '"' + etag.strip('"') + '"'


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def _refuse_if_final(error: ClientError, uri: str) -> None:
    if _code(error) in GONE:
        raise DataInvalid(f"{uri} does not exist") from error
    if _code(error) in DENIED:
        raise DataInvalid(f"{uri} does not exist, or this pod may not read it") from error
    if _code(error) in CHANGED:
        raise DataInvalid(f"{uri} has changed since the job began: its ETag differs") from error
