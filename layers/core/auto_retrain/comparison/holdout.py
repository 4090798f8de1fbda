"""Digests of the rows that versions are compared on, to see that nobody exchanged them."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..domain.data_check import HoldoutDigests
from .code_points import order_of

Array = np.ndarray[Any, Any]

_BLOCK = 1 << 16


def digest_rows(row_ids: Array, labels: Array, entities: Array | None, slices: Mapping[str, Array]) -> HoldoutDigests:
    """Digest columns of shape (rows,), whatever order the rows are in; labels that are numbers count by their texts."""
    order = order_of(row_ids)
    groups = [slices[name] for name in sorted(slices)]
    columns = [row_ids, labels, *groups] if entities is None else [row_ids, labels, entities, *groups]
    rows, cells = hashlib.sha256(), hashlib.sha256()
    # One column after the other, in blocks: as Python's own texts, all of them would take gigabytes.
    for place, column in enumerate(columns):
        texts = column if column.dtype.kind == "U" else column.astype(str)
        _add_cells(texts, order, cells)
        if place < 2:  # ids and labels
            _add_rows(texts, order, rows)
    return HoldoutDigests(rows=rows.hexdigest(), cells=cells.hexdigest())


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


def _add_rows(texts: Array, order: Array, digest: Any) -> None:
    """As in every verdict that was ever stored, which is why its form stays."""
    for start, block in _blocks(texts, order):
        digest.update((b"\n" if start else b"") + "\n".join(block).encode())
    digest.update(b"\0")


def _add_cells(texts: Array, order: Array, digest: Any) -> None:
    """With the length of each text: otherwise two rows could pass for one whose id and label have a line break."""
    digest.update(np.strings.str_len(texts)[order].astype(np.int64).tobytes())
    for _, block in _blocks(texts, order):
        digest.update("".join(block).encode())


def _blocks(texts: Array, order: Array) -> Iterator[tuple[int, list[str]]]:
    return ((start, texts[order[start : start + _BLOCK]].tolist()) for start in range(0, texts.size, _BLOCK))
