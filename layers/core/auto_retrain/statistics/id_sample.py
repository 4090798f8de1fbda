"""A sample of ids that is the same wherever an id comes up, so that samples of several parts can be compared.

Those with the lowest hashes; source: Z. Bar-Yossef and others, "Counting distinct elements in a data stream", RANDOM
2002. Spellings of one id have one hash, so all of them are in the sample or none.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, NamedTuple

import numpy as np

_HASHES = 2**64

Array = np.ndarray[Any, Any]


class IdSample(NamedTuple):
    """Hashes of distinct ids and of their folded spelling, by which they are ordered, and how many parts have each.

    All ids whose folded hash is below the `limit` are there; without one, all ids.
    """

    folded: Array
    ids: Array
    parts: Array
    limit: int | None = None

    @property
    def share(self) -> float:
        """Of all ids; any id is in the sample with this probability."""
        return 1.0 if self.limit is None else self.limit / _HASHES


def stable_hashes(texts: Iterable[str]) -> Array:
    """A 64-bit hash of each text, the same in every process; two of ten million collide at odds of 3 in a million."""
    digests = b"".join(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest() for text in texts)
    return np.frombuffer(digests, np.uint64)


def sample_ids(ids: Array, folded: Array, size: int | None) -> IdSample:
    """The sample of one part: of its distinct ids those with the `size` lowest hashes, or all."""
    limit = None
    if size is not None and folded.size > size:
        limit = int(np.partition(folded, size)[size])
        few = folded < np.uint64(limit)
        ids, folded = ids[few], folded[few]
    return _of_all(folded, ids, np.ones(ids.size, dtype=np.int64), limit)


def merge_samples(one: IdSample, other: IdSample) -> IdSample:
    """The sample of two parts together."""
    limits = [sample.limit for sample in (one, other) if sample.limit is not None]
    pair = [below(sample, min(limits, default=None)) for sample in (one, other)]
    folded, ids, parts = (np.concatenate(columns) for columns in zip(*(each[:3] for each in pair), strict=True))
    return _of_all(folded, ids, parts, pair[0].limit)


def below(sample: IdSample, limit: int | None) -> IdSample:
    """The part of a sample below a limit that is not higher than its own."""
    if limit == sample.limit:
        return sample
    few = sample.folded < np.uint64(limit or 0)
    return IdSample(sample.folded[few], sample.ids[few], sample.parts[few], limit)


def _of_all(folded: Array, ids: Array, parts: Array, limit: int | None) -> IdSample:
    order = np.lexsort((ids, folded))
    folded, ids, parts = folded[order], ids[order], parts[order]
    is_new = np.ones(ids.size, dtype=bool)
    is_new[1:] = (ids[1:] != ids[:-1]) | (folded[1:] != folded[:-1])
    if is_new.all():
        return IdSample(folded, ids, parts, limit)
    starts = np.flatnonzero(is_new)
    together = np.add.reduceat(parts, starts)
    return IdSample(folded[starts], ids[starts], together, limit)


def repeated_across(sample: IdSample) -> int:
    """About how many ids are in one more part, counted once for each further part; exact for a sample of all ids."""
    return _of_all_ids(int(np.sum(sample.parts - 1)), sample.share)


def in_both(one: IdSample, other: IdSample, merged: IdSample) -> int:
    """About how many ids are in both of two samples that were merged; exact if these are of all ids."""
    apart = sum(below(sample, merged.limit).ids.size for sample in (one, other))
    return _of_all_ids(apart - merged.ids.size, merged.share)


def respelled(sample: IdSample) -> int:
    """About how many ids differ from others only in spelling; exact for a sample of all ids."""
    return _of_all_ids(int(np.count_nonzero(sample.folded[1:] == sample.folded[:-1])), sample.share)


def _of_all_ids(sampled: int, share: float) -> int:
    return round(sampled / share) if sampled else 0
