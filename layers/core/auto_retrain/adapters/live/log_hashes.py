"""Hashes in place of texts: joining and counting need to know only which texts are the same."""

from collections.abc import Callable
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ..data.arrow_values import texts

_NO_HASH = pa.scalar(None, pa.int64())
_WORD = 8
# Longer texts are rare, and all others of their batch would be padded to their length.
_MAX_BYTES = 128
_ROUNDS = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
_LAST_SHIFT = np.uint64(31)


def each(cells: pa.Array, of: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """A function of each cell, worked out once for all cells that say the same where they are stored so."""
    return of(cells.dictionary).take(cells.indices) if pa.types.is_dictionary(cells.type) else of(cells)


def hashed_values(cells: pa.Array) -> pa.Array:
    """64 bits in place of the canonical text of each cell, as `hashed`; raises Unconvertible."""
    return each(cells, lambda values: hashed(texts(values)))


def hashed(cells: pa.Array) -> pa.Array:
    """64 bits in place of each text, however long, null if missing.

    The chance that any two of a million texts share theirs is 3 in 100 million, and such a request would be taken for a
    repeat.
    """
    short = _shortened(cells.fill_null(""))
    sizes = pc.binary_length(short).to_numpy().astype(np.uint64)
    words = -(-int(sizes.max(initial=1)) // _WORD)
    padded = pc.ascii_rpad(short, words * _WORD, padding="\0")
    table = np.frombuffer(padded.buffers()[2], np.uint64, len(cells) * words).reshape(-1, words)
    hashes = _mixed(sizes)
    for number, column in enumerate(table.T):
        # Words beyond the end of a text do not count, so that its hash does not depend on the texts beside it.
        hashes = np.where(sizes > number * _WORD, _mixed(hashes ^ column), hashes)
    numbers = pa.array(hashes.view(np.int64))
    return pc.if_else(cells.is_valid(), numbers, _NO_HASH) if cells.null_count else numbers


def _shortened(cells: pa.Array) -> pa.Array:
    """Digests in place of long texts."""
    is_long = pc.greater(pc.binary_length(cells), _MAX_BYTES)
    if not pc.any(is_long).as_py():
        return cells
    contents = cells.filter(is_long).cast(pa.binary()).to_pylist()
    digests = [blake2b(content, digest_size=32).hexdigest() for content in contents]
    return pc.replace_with_mask(cells, is_long, pa.array(digests, cells.type))


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Numbers whose bits all depend on all bits of the given ones, and that differ where those do.

    Source: G. Steele, D. Lea and C. Flood, "Fast splittable pseudorandom number generators", OOPSLA (2014), with the
    constants of their SplitMix64.
    """
    for shift, factor in _ROUNDS:
        numbers = (numbers ^ (numbers >> shift)) * factor
    return numbers ^ (numbers >> _LAST_SHIFT)
