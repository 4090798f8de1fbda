"""Labels that arrive after the answers."""

import io
from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import uuid4

import pyarrow as pa
from pyarrow import parquet


def write_labels(
    s3: Any, bucket: str, prefix: str, labels: Mapping[str, Any], day: date, *, row_id: str = "id", label: str = "label"
) -> str:
    """Store labels by prediction id under the day on which they arrive, as the policy's `data.labels`; give the key."""
    file = io.BytesIO()
    parquet.write_table(pa.table({row_id: list(labels), label: list(labels.values())}), file)
    key = f"{prefix}/date={day}/part-{uuid4()}.parquet"
    s3.put_object(Bucket=bucket, Key=key, Body=file.getvalue())
    return key
