"""Errors of the cluster, as those of the traffic that is divided there."""

from collections.abc import Iterator
from contextlib import contextmanager

from ...domain.errors import ClusterRefused, ClusterUnavailable, TrafficRefused, TrafficUnavailable


@contextmanager
def cluster_as_traffic() -> Iterator[None]:
    """Turns what the Kubernetes API raises into TrafficUnavailable or TrafficRefused."""
    try:
        yield
    except ClusterUnavailable as error:
        raise TrafficUnavailable(str(error)) from error
    except ClusterRefused as error:
        raise TrafficRefused(str(error)) from error
