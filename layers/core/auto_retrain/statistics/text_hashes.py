"""Hashes of texts that are the same in every part; functions that only check data need nothing but numpy for them."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

# Rows that fit into the cache of a processor.
_BLOCK = 1 << 14
_PRIME, _SEED = np.uint64(0x100000001B3), np.uint64(0xCBF29CE484222325)


def hashes_of(characters: Array, seed: int) -> Array:
    """A 64-bit hash of each text, the same in every part, shape (rows,).

    `characters` are code points, shape (rows, length of the longest), filled up with zeros. They are folded one after
    the other, then mixed. Source: G. Fowler, L. Noll, K.-P. Vo, FNV-1a; the finish is that of G. Steele, D. Lea,
    C. Flood, "Fast splittable pseudorandom number generators", OOPSLA (2014).
    """
    hashes = np.full(len(characters), _SEED ^ mixed(np.array([seed], np.uint64))[0])
    for start in range(0, len(characters), _BLOCK):
        block = hashes[start : start + _BLOCK]
        for character in characters[start : start + _BLOCK].T:
            folded = block ^ character
            folded *= _PRIME
            # The length differs from part to part, so what they are filled up with must not count.
            np.copyto(block, folded, where=character > 0)
    return mixed(hashes)


def mixed(hashes: Array) -> Array:
    """Hashes each of whose bits depends on all bits of the given ones; source: that of the finish of `hashes_of`."""
    hashes = hashes + np.uint64(0x9E3779B97F4A7C15)
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    well: Array = hashes ^ (hashes >> np.uint64(31))
    return well
