"""Files of a prediction log in S3."""

from collections.abc import Mapping
from typing import Any

from ...domain.errors import DataUnavailable
from ..aws import translated


class S3PredictionFiles:
    """PredictionFiles in the bucket with the users' data."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, content: bytes, about: Mapping[str, str]) -> None:
        with translated(DataUnavailable, place=f"'s3://{self._bucket}/{key}'"):
            self._client.put_object(Bucket=self._bucket, Key=key, Body=content, Metadata=dict(about))
