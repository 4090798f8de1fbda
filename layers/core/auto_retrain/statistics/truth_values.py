"""Truth values in words and in digits, where they are counted as categories."""

from collections import Counter
from collections.abc import Collection, Mapping

Counts = Mapping[str | None, int]

# Each by the other.
_AS_KNOWN: tuple[dict[str | None, str], ...] = ({"1": "true", "0": "false"}, {"true": "1", "false": "0"})


def as_known(counts: Counts, known: Collection[str]) -> Counts:
    """Rows per category, in the words or digits of a reference that knows truth values alone.

    A column of true and false that becomes one of 1 and 0 has not drifted.
    """
    for names in _AS_KNOWN:
        if 0 < len(known) <= len(names) and names.keys() & counts.keys() and set(known) <= set(names.values()):
            renamed = Counter[str | None]()
            for level, rows in counts.items():
                renamed[names.get(level, level)] += rows
            return renamed
    return counts
