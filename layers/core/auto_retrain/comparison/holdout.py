"""Digests of the rows that versions are compared on, to see that nobody exchanged them."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..domain.data_check import HoldoutDigests

Array = np.ndarray[Any, Any]


def digest_rows(row_ids: Array, labels: Array, entities: Array | None, slices: Mapping[str, Array]) -> HoldoutDigests:
    """Digest columns of shape (rows,), whatever order the rows are in; labels that are numbers count by their texts."""
    order = np.argsort(row_ids)
    groups = [slices[name] for name in sorted(slices)]
    return HoldoutDigests(
        rows=_sha256([row_ids, labels], order),
        groups=_sha256(groups if entities is None else [entities, *groups], order),
    )


def _sha256(columns: list[Array], order: Array) -> str:
    digest = hashlib.sha256()
    for column in columns:
        digest.update("\n".join(column[order].astype(str).tolist()).encode() + b"\0")
    return digest.hexdigest()
