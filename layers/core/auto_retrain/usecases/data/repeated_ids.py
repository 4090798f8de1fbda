"""Finds an example of a row id that is repeated: files are read again for it, because no texts are kept."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ...domain.manifest import DataColumns, DataObject
from ...ports import TableReader
from ...statistics.id_sample import stable_hashes

MAX_ID_LENGTH = 40
# The more are looked for, the sooner one is found, but all of a large window take too much memory.
MAX_WANTED_IDS = 1000
# A minute or so; without an example, a finding only has the number.
MAX_ROWS_READ_AGAIN = 50_000_000

Array = np.ndarray[Any, Any]


class RepeatedId(NamedTuple):
    """A row id, and the file or the two files that have it twice."""

    row_id: str
    files: tuple[str, ...]


def find_repeated(
    columns: DataColumns,
    objects: Sequence[DataObject],
    wanted: Array,
    tables: TableReader,
) -> RepeatedId | None:
    """One of the ids whose hashes are wanted, all of which come twice; None if that is not among the first rows."""
    wanted, known, rows = wanted[:MAX_WANTED_IDS], dict[int, str](), 0
    for each in objects:
        for batch in tables.batches([each], columns.format, [], [], [columns.row_id]):
            present = [text for text in batch.texts[columns.row_id] if text is not None]
            hashes = stable_hashes(present)
            for place in np.flatnonzero(np.isin(hashes, wanted)).tolist():
                hashed = int(hashes[place])
                if hashed in known:
                    return RepeatedId(present[place][:MAX_ID_LENGTH], tuple(dict.fromkeys([known[hashed], each.uri])))
                known[hashed] = each.uri
            rows += batch.rows
            if rows > MAX_ROWS_READ_AGAIN:
                return None
    return None


def those_twice(ids: Array) -> Array:
    """The hashes that come more than once."""
    ordered = np.sort(ids)
    twice: Array = ordered[1:][ordered[1:] == ordered[:-1]]
    return twice
