"""The UTC days of rows, by a column with dates or moments.

Control plane and training container each have a copy of this file; a test holds the two together.
"""

from collections.abc import Collection
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc


class NoDates(ValueError):
    """A column with something else than dates or moments; its text says what."""


def is_of_days(cells: pa.Array | pa.ChunkedArray, days: Collection[date]) -> pa.Array | pa.ChunkedArray:
    """Whether each cell is on one of the days; one that is missing is on none. Raises NoDates."""
    if not (pa.types.is_date(cells.type) or pa.types.is_timestamp(cells.type)):
        raise NoDates(_what_instead(cells.type))
    # In UTC, whatever the zone; and no machine has to know it. One without a zone is taken as it is.
    moments = pc.cast(cells, pa.timestamp(cells.type.unit)) if pa.types.is_timestamp(cells.type) else cells
    dates = pc.cast(moments, pa.date32(), safe=False)
    return pc.is_in(dates, value_set=pa.array(sorted(days), pa.date32()))


def _what_instead(kind: pa.DataType) -> str:
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return f"is {kind}; it must be a date or a timestamp"
    how = "convert it with pandas.to_datetime, or CAST (… AS DATE) in SQL"
    return f"is text; it must be a date or a timestamp: {how}"
