"""How much less rows tell if those of an entity resemble each other."""

from typing import Any, NamedTuple

import numpy as np

Codes = np.ndarray[Any, np.dtype[np.int64]]
Array = np.ndarray[Any, Any]

# All at once would take 20 MB and more, which a function has better uses for.
_ENTITIES_AT_ONCE = 4096


class RowWeights(NamedTuple):
    """How many rows weigh as one where their shares of bins are compared, and how unequally bins do: both at least 1.

    They are 1 if the rows of an entity are independent. `unequal` is the mean square of the weights in all directions
    by the square of their mean.
    """

    effect: float = 1.0
    unequal: float = 1.0


def row_weights(bins: Codes, entities: Codes, rows: int) -> RowWeights:
    """The weights of `rows` rows, of which `bins` and `entities` are the codes of a uniform sample.

    The covariances of the shares of bins, by those of independent rows, have these weights as their eigenvalues. Over
    its entities, rows of a bin in excess of the expected ones, multiplied, estimate the covariances; less what the rows
    contribute each for itself, they grow with the number of rows. The shares are estimated from the same entities,
    which makes them too small by 1 - 1/entities. Source: J. N. K. Rao and A. J. Scott, "On simple adjustments to
    chi-square tests with sample survey data", Annals of Statistics 15 (1987).
    """
    sampled, occupied = bins.size, np.unique(bins).size
    if sampled < 2 or occupied < 2:
        return RowWeights()
    entity, sizes = np.unique(entities, return_inverse=True, return_counts=True)[1:]
    independent = sampled**2 / float(np.sum(sizes.astype(float) ** 2))
    if independent < 2:
        return RowWeights(effect=float(rows))
    code, per_bin = np.unique(bins, return_inverse=True, return_counts=True)[1:]
    own = np.eye(occupied) - np.sqrt(np.outer(per_bin, per_bin)) / sampled
    excess = _products_of_excess(entity, sizes, code, per_bin / sampled)
    between = excess * independent / (independent - 1) - sampled * own
    weights = own + (rows - 1) * between / (sampled * (sampled - 1))
    total = float(np.trace(weights))
    if total <= occupied - 1:
        return RowWeights()
    unequal = (occupied - 1) * float(np.sum(weights**2)) / total**2
    return RowWeights(min(total / (occupied - 1), float(rows)), max(unequal, 1.0))


def _products_of_excess(entity: Codes, sizes: Codes, code: Codes, shares: Array) -> Array:
    """Over entities, the products of the rows that each has of two bins in excess of the expected ones."""
    order = np.argsort(entity, kind="stable")
    entity, code, products = entity[order], code[order], np.zeros((shares.size, shares.size))
    for first in range(0, sizes.size, _ENTITIES_AT_ONCE):
        of_some = sizes[first : first + _ENTITIES_AT_ONCE]
        begin, end = np.searchsorted(entity, (first, first + of_some.size))
        places = (entity[begin:end] - first) * shares.size + code[begin:end]
        counted = np.bincount(places, minlength=of_some.size * shares.size).reshape(-1, shares.size)
        excess = (counted - of_some[:, None] * shares) / np.sqrt(shares)
        products += excess.T @ excess
    return products
