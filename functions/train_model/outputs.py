"""What the container writes: files under unique names, and last of all one result document."""

import hashlib
import io
import json
import secrets
from typing import Any

import numpy as np

from .order import Order
from .spans import Spans
from .storage import Storage
from .use import Use

Arrays = dict[str, np.ndarray[Any, Any]]


class Outputs:
    """The output prefix of one order, to which several processes may write at once."""

    def __init__(self, order: Order, storage: Storage, use: Use | None = None) -> None:
        self._order = order
        self._storage = storage
        self.spans = Spans()
        self.use = use or Use()
        self._result_uri = f"{order.output_uri}result.json"

    def are_complete(self) -> bool:
        """Whether some process has finished the order already."""
        return self._storage.exists(self._result_uri)

    def write_predictions(self, version: str, arrays: Arrays) -> dict[str, Any]:
        """Store one version's predictions and describe the file."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **arrays)
        content = buffer.getvalue()
        uri = f"{self._order.output_uri}predictions-{version}-{secrets.token_hex(8)}.npz"
        self._storage.write(uri, content)
        self.use.stored(len(content))
        return {"uri": uri, "sha256": hashlib.sha256(content).hexdigest(), "rows": len(arrays["row_ids"])}

    def write_document(self, name: str, content: bytes) -> str:
        """Store a document under its name and return its URI; the same order always writes the same content."""
        uri = f"{self._order.output_uri}{name}"
        self._storage.write(uri, content)
        self.use.stored(len(content))
        return uri

    def publish(self, findings: dict[str, Any]) -> bool:
        """Write the result document unless a faster process has written one; returns whether it was written."""
        order = self._order
        header = {
            "schema_version": 1,
            "kind": order.kind,
            "job_id": order.job_id,
            "manifest_sha256": order.manifest_sha256,
            "spans": self.spans.documents,
            "use": self.use.document,
        }
        document = json.dumps(header | findings, allow_nan=False, sort_keys=True)
        return self._storage.write_once(self._result_uri, document.encode())
