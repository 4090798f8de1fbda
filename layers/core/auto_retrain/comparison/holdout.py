"""Digests of the rows that versions are compared on, to see that nobody exchanged them."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..domain.data_check import HoldoutDigests
from .code_points import order_of

Array = np.ndarray[Any, Any]
Texts = list[str]


def digest_rows(row_ids: Array, labels: Array, entities: Array | None, slices: Mapping[str, Array]) -> HoldoutDigests:
    """Digest columns of shape (rows,), whatever order the rows are in; labels that are numbers count by their texts."""
    order = order_of(row_ids)
    groups = [slices[name] for name in sorted(slices)]
    columns = [row_ids, labels, *groups] if entities is None else [row_ids, labels, entities, *groups]
    texts: list[Texts] = [column[order].astype(str).tolist() for column in columns]
    return HoldoutDigests(rows=_rows_sha256(texts[:2]), cells=_cells_sha256(texts))


def merged_digests(parts: Sequence[HoldoutDigests]) -> HoldoutDigests:
    """Those of a holdout, from those of each of its parts; one part is the whole."""
    if len(parts) == 1:
        return parts[0]
    rows, cells = ("\n".join(digests) for digests in zip(*((part.rows, part.cells) for part in parts), strict=True))
    return HoldoutDigests(
        rows=hashlib.sha256(rows.encode()).hexdigest(),
        cells=hashlib.sha256(cells.encode()).hexdigest(),
        parts=tuple(parts),
    )


def _rows_sha256(columns: list[Texts]) -> str:
    """As in every verdict that was ever stored, which is why its form stays."""
    digest = hashlib.sha256()
    for texts in columns:
        digest.update("\n".join(texts).encode() + b"\0")
    return digest.hexdigest()


def _cells_sha256(columns: list[Texts]) -> str:
    """With the length of each text: otherwise two rows could pass for one whose id and label have a line break."""
    digest = hashlib.sha256()
    for texts in columns:
        digest.update(np.fromiter(map(len, texts), np.int64, len(texts)).tobytes())
        digest.update("".join(texts).encode())
    return digest.hexdigest()
