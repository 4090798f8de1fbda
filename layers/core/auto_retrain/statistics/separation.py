"""How much one feature reveals about the label."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

MIN_ROWS_OF_A_VALUE = 10
BINS = 50


def separation_of_classes(values: Array, labels: Array) -> float:
    """Share of the errors of always answering the largest class that are avoided by answering each value's largest.

    `values` and `labels` are codes from 0, of the same shape. Values of few rows are taken together: each alone would
    seem to know its own rows' labels. Source: the lambda of L. Goodman and W. Kruskal, "Measures of association for
    cross classifications", JASA 49 (1954).
    """
    table = np.zeros((int(values.max()) + 1, int(labels.max()) + 1))
    np.add.at(table, (values, labels), 1)
    many = table.sum(axis=1) >= MIN_ROWS_OF_A_VALUE
    table = np.vstack([table[many], table[~many].sum(axis=0)])
    base = table.sum(axis=0).max()
    rows = table.sum()
    return float((table.max(axis=1).sum() - base) / (rows - base)) if rows > base else 0.0


def separation_of_numbers(values: Array, labels: Array) -> float:
    """Share of the labels' variance that lies between the values (eta squared); values are codes from 0.

    Values of few rows are taken together. Source: K. Pearson, "On the general theory of skew correlation" (1905).
    """
    rows = np.bincount(values)
    codes = np.where(rows >= MIN_ROWS_OF_A_VALUE, np.arange(rows.size), rows.size)[values]
    counts, sums = np.bincount(codes), np.bincount(codes, labels - labels.mean())
    total = float(((labels - labels.mean()) ** 2).sum())
    kept = counts > 0
    between = float((sums[kept] ** 2 / counts[kept]).sum())
    return between / total if total > 0 else 0.0


def quantile_codes(numbers: Array) -> Array:
    """Numbers as codes of up to fifty bins with equal shares; code 0 is that of missing values."""
    finite = numbers[np.isfinite(numbers)]
    if finite.size == 0:
        return np.zeros(numbers.size, dtype=int)
    edges = np.unique(np.quantile(finite, np.linspace(0, 1, BINS + 1)[1:-1]))
    codes: Array = np.where(np.isnan(numbers), 0, 1 + np.searchsorted(edges, numbers))
    return codes
