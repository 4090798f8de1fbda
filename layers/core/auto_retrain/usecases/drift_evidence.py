"""Histograms of live features beside those that the champion learned from."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np

from ..domain.drift import FeatureHistogram
from ..domain.policy import DataPolicy, Policy
from ..domain.windows import Window, windows_at
from ..ports import Ports
from ..statistics.stability import count_levels, count_numeric, decile_edges, reference_levels

Columns = dict[str, np.ndarray[Any, Any]]


def drift_histograms(policy: Policy, at: datetime, ports: Ports) -> list[FeatureHistogram]:
    """The same bins counted in both windows, for each feature; a window without data counts no rows."""
    reference_window, live_window = _drift_windows(policy, at, ports)
    reference = _read(policy.data, reference_window, ports)
    live = _read(policy.data, live_window, ports)
    numeric = [_numeric_histogram(name, reference[name], live[name]) for name in policy.data.numeric]
    return numeric + [_level_histogram(name, reference[name], live[name]) for name in policy.data.categorical]


def _drift_windows(policy: Policy, at: datetime, ports: Ports) -> tuple[Window, Window]:
    """What the champion learned from, or would have, and the newest days; features need no labels to arrive."""
    days = policy.triggers.evaluation_window_days
    today = at.date()
    live = Window(start=today - timedelta(days=days), end=today)
    serving = ports.ledger.current(policy.model)
    if serving:
        return serving.windows.training, live
    training_days = policy.triggers.training_window_days
    windows = windows_at(at, evaluation_days=days, training_days=training_days, label_delay_days=0)
    return windows.training, live


def _read(data: DataPolicy, window: Window, ports: Ports) -> Columns:
    objects = ports.data.list_partitions(data.prefix, window)
    batches = list(ports.tables.batches(objects, data.format, data.numeric, data.categorical))
    columns = [*data.numeric, *data.categorical]
    # The empty array keeps a window without data a sample of no rows, which the trigger calls inconclusive.
    return {name: np.concatenate([np.empty(0), *(batch[name] for batch in batches)]) for name in columns}


def _numeric_histogram(name: str, reference: np.ndarray[Any, Any], live: np.ndarray[Any, Any]) -> FeatureHistogram:
    edges = decile_edges(reference)
    counts = [tuple(count_numeric(sample, edges)) for sample in (reference, live)]
    return FeatureHistogram(feature=name, reference=counts[0], live=counts[1])


def _level_histogram(name: str, reference: np.ndarray[Any, Any], live: np.ndarray[Any, Any]) -> FeatureHistogram:
    levels = reference_levels(reference.tolist())
    counts = [tuple(count_levels(sample.tolist(), levels)) for sample in (reference, live)]
    return FeatureHistogram(feature=name, reference=counts[0], live=counts[1])
