"""Finds the data of one metric in the single list that moto keeps for all of them."""

import threading
from collections import defaultdict
from collections.abc import Iterable

from moto.cloudwatch.models import CloudWatchBackend, Dimension, MetricDatumBase

Key = tuple[str, str, frozenset[tuple[str, str]]]

_lock = threading.Lock()


def data_of(
    backend: CloudWatchBackend, namespace: str, name: str, dimensions: Iterable[Dimension]
) -> list[MetricDatumBase]:
    """Exactly this metric's data, by an index that grows with the list: a sweep asks for hundreds of metrics."""
    with _lock:
        index, known = backend.__dict__.setdefault("_data_by_metric", (defaultdict(list), []))
        for datum in backend.metric_data[len(known) :]:
            index[_key(datum.namespace, datum.name, datum.dimensions)].append(datum)
            known.append(datum)
        return list(index.get(_key(namespace, name, dimensions), []))


def _key(namespace: str, name: str, dimensions: Iterable[Dimension]) -> Key:
    return namespace, name, frozenset((dimension.name, dimension.value) for dimension in dimensions)
