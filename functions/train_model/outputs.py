"""What the container writes: files under unique names, and last of all one result document."""

import hashlib
import io
import json
import secrets
import zlib
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy.lib import format as npy

from .order import Order
from .spans import Spans
from .storage import Storage
from .use import Use

Array = np.ndarray[Any, Any]
Arrays = dict[str, Array]

_TRIED_ROWS = 10_000


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
        content = _packed(arrays)
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


def _packed(arrays: Arrays) -> bytes:
    """The arrays as the content of an .npz file.

    What hardly shrinks, as most probabilities, is not compressed: to unpack it is half of the work of who reads it.
    """
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            entry = ZipInfo(f"{name}.npy")
            entry.compress_type = ZIP_DEFLATED if _shrinks(array) else ZIP_STORED
            with archive.open(entry, "w", force_zip64=True) as file:
                npy.write_array(file, array, allow_pickle=False)
    return buffer.getvalue()


def _shrinks(array: Array) -> bool:
    """Whether compression leaves less than four fifths of it, tried with some of the rows."""
    some = array[:: max(len(array) // _TRIED_ROWS, 1)].tobytes()
    return len(zlib.compress(some)) < 0.8 * len(some)
