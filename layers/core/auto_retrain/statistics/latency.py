"""Latencies that were counted in buckets whose edges grow by a tenth."""

from collections.abc import Mapping

BASE = 1.1


def quantile(buckets: Mapping[int, int], share: float) -> float:
    """The latency in milliseconds that this share of the requests does not exceed: the upper edge of its bucket, so
    at most a tenth too high; buckets must not be empty.
    """
    needed, reached, bucket = share * sum(buckets.values()), 0, min(buckets)
    for bucket in sorted(buckets):
        reached += buckets[bucket]
        if reached >= needed and reached:
            break
    return float(BASE ** (bucket + 1))


def slower_than(buckets: Mapping[int, int], milliseconds: float) -> int:
    """How many requests certainly took longer; those in the bucket that holds the limit are not counted."""
    return sum(number for bucket, number in buckets.items() if BASE**bucket >= milliseconds)
