"""Quantiles of latencies that were counted in buckets."""

from math import floor, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.statistics.latency import quantile, slower_than


def counted(latencies: list[float]) -> dict[int, int]:
    buckets: dict[int, int] = {}
    for latency in latencies:
        bucket = floor(log(latency) / log(1.1))
        buckets[bucket] = buckets.get(bucket, 0) + 1
    return buckets


@given(st.lists(st.floats(0.01, 60_000), min_size=1, max_size=200), st.floats(0.5, 0.999))
def test_a_quantile_is_at_most_a_tenth_above_the_true_one(latencies: list[float], share: float) -> None:
    exact = float(np.quantile(latencies, share, method="inverted_cdf"))
    assert exact * (1 - 1e-9) <= quantile(counted(latencies), share) <= exact * 1.1 * (1 + 1e-9)


@given(st.lists(st.floats(0.01, 60_000), max_size=200), st.floats(0.01, 60_000))
def test_no_request_within_a_limit_counts_as_slower(latencies: list[float], limit: float) -> None:
    buckets = counted(latencies)
    assert slower_than(buckets, limit) <= sum(latency >= limit * (1 - 1e-9) for latency in latencies)
    assert slower_than(buckets, limit / 1.1) >= sum(latency > limit * (1 + 1e-9) for latency in latencies)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 1.1**11), (0.95, 1.1**21), (0.9, 1.1**11)])
def test_a_quantile_is_the_upper_edge_of_its_bucket(share: float, expected: float) -> None:
    assert quantile({10: 90, 20: 10}, share) == pytest.approx(expected)
