"""Data, manifests and orders for the training container, stored in an S3."""

import hashlib
import io
import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

FIRST_DAY = date(2026, 1, 1)
COLUMNS = {"format": "parquet", "row_id": "id", "label": "bought", "numeric": ["age"], "categorical": ["plan"]}


def some_rows(count: int = 200, seed: int = 0, limit: float = 40) -> pd.DataFrame:
    """Customers above an age limit buy; their ids begin with the seed, so different seeds share no id."""
    random = np.random.default_rng(seed)
    age = random.uniform(18, 80, count)
    return pd.DataFrame(
        {
            "id": [f"{seed}-{number}" for number in range(count)],
            "age": age,
            "plan": random.choice(["free", "plus", "pro"], count),
            "bought": (age > limit).astype(int),
            "unused": "x",
        }
    )


def to_bytes(rows: pd.DataFrame, format: str = "parquet") -> bytes:
    if format == "csv":
        return rows.to_csv(index=False).encode()
    buffer = io.BytesIO()
    rows.to_parquet(buffer, index=False)
    return buffer.getvalue()


class Shelf:
    """A bucket with everything that a container reads and writes."""

    def __init__(self, client: Any, bucket: str) -> None:
        self.client = client
        self.bucket = bucket
        client.create_bucket(Bucket=bucket)

    def put(self, key: str, content: bytes) -> str:
        """Store an object and return its ETag."""
        return str(self.client.put_object(Bucket=self.bucket, Key=key, Body=content)["ETag"])

    def get(self, uri: str) -> bytes:
        content: bytes = self.client.get_object(Bucket=self.bucket, Key=uri.removeprefix(f"s3://{self.bucket}/"))[
            "Body"
        ].read()
        return content

    def keys(self, prefix: str) -> list[str]:
        listing = self.client.list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [entry["Key"] for entry in listing.get("Contents", [])]

    def window(self, first: date, days: list[pd.DataFrame | bytes], format: str = "parquet") -> dict[str, Any]:
        """Store one object for each day, and return the window that contains them."""
        objects = []
        for offset, rows in enumerate(days):
            day = (first + timedelta(offset)).isoformat()
            content = rows if isinstance(rows, bytes) else to_bytes(rows, format)
            key = f"customers/date={day}/part-0.{format}"
            uri = f"s3://{self.bucket}/{key}"
            objects.append({"uri": uri, "etag": self.put(key, content), "size": len(content), "date": day})
        return {"start": first.isoformat(), "end": (first + timedelta(len(days))).isoformat(), "objects": objects}

    def order(self, kind: str, manifest: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Store a manifest and return an order for it."""
        content = json.dumps(manifest).encode()
        key = f"jobs/{manifest['job_id']}/manifest.json"
        self.put(key, content)
        return {
            "schema_version": 1,
            "kind": kind,
            "job_id": manifest["job_id"],
            "model_name": manifest["model_name"],
            "manifest_uri": f"s3://{self.bucket}/{key}",
            "manifest_sha256": hashlib.sha256(content).hexdigest(),
            "output_uri": f"s3://{self.bucket}/jobs/{manifest['job_id']}/{kind}/",
            "mlflow_tracking_uri": "http://127.0.0.1:9",
            "seed": 7,
            **changes,
        }

    def manifest(self, job_id: str = "shop-1", **changes: Any) -> dict[str, Any]:
        """Two days of training data and one day of holdout."""
        windows = {
            "training": self.window(FIRST_DAY, [some_rows(seed=1), some_rows(seed=2)]),
            "holdout": self.window(FIRST_DAY + timedelta(2), [some_rows(100, seed=3)]),
        }
        return {"schema_version": 1, "job_id": job_id, "model_name": "shop", "data": COLUMNS, **windows, **changes}
