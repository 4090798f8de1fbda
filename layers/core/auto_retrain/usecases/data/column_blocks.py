"""Which columns of a window are read together, so that memory does not grow with their number."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple, TypeVar

from ...domain.manifest import DataColumns, DataObject

# Parquet readers keep some megabytes of each column that they read, and wait for S3 most of the time.
BLOCK_COLUMNS = 2
BLOCKS_AT_ONCE = 3
# Each block opens all objects anew, which costs more than it saves where they are small.
MIN_BYTES = 128 << 20

Found = TypeVar("Found")


class ColumnBlock(NamedTuple):
    """Numeric and categorical features that are read together."""

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]


def column_blocks(
    columns: DataColumns, numeric: Sequence[str], categorical: Sequence[str], objects: Sequence[DataObject]
) -> list[ColumnBlock]:
    """All features in one block, unless an object is large and its columns can be read apart.

    CSV is parsed as a whole. Rows of an entity are compared with each other, so each block would read the entities too.
    """
    largest = max((item.size for item in objects), default=0)
    if columns.format != "parquet" or columns.entity or largest < MIN_BYTES:
        return [ColumnBlock(tuple(numeric), tuple(categorical))]
    # Those whose counting holds Python's lock come first, while others are left to be read beside them.
    blocks = [ColumnBlock((), tuple(names)) for names in _parts(categorical)]
    blocks += [ColumnBlock(tuple(names), ()) for names in _parts(numeric)]
    return blocks or [ColumnBlock((), ())]


def _parts(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[first : first + BLOCK_COLUMNS] for first in range(0, len(names), BLOCK_COLUMNS)]


def read_blocks(blocks: Sequence[ColumnBlock], read: Callable[[ColumnBlock], Found]) -> list[Found]:
    """What `read` finds in each block, some of them at once; raises what the first of them raised."""
    if len(blocks) == 1:
        return [read(blocks[0])]
    with ThreadPoolExecutor(BLOCKS_AT_ONCE) as threads:
        return list(threads.map(read, blocks))


def merged(parts: Sequence[Mapping[str, Found]], order: Sequence[str]) -> dict[str, Found]:
    """What blocks found by feature, in the given order."""
    by_feature = {name: found for part in parts for name, found in part.items()}
    return {name: by_feature[name] for name in order if name in by_feature}
