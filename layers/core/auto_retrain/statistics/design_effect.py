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


class ByEntity(NamedTuple):
    """Rows in the order of their entities: their places, the numbers of their entities, and the rows of each."""

    order: Codes
    numbers: Codes
    sizes: Codes


def by_entity(entities: Codes) -> ByEntity:
    """Put rows with these codes of entities in order, once for all features."""
    order = np.argsort(entities, kind="stable")
    in_order = entities[order]
    is_first = np.concatenate([[True], in_order[1:] != in_order[:-1]])[: in_order.size]
    numbers = np.cumsum(is_first) - 1
    return ByEntity(order, numbers, np.bincount(numbers))


def row_weights(bins: Codes, owners: ByEntity, rows: int) -> RowWeights:
    """The weights of `rows` rows, of which `bins` are the codes of a uniform sample, from 0 on.

    The covariances of the shares of bins, by those of independent rows, have these weights as their eigenvalues. Over
    its entities, rows of a bin in excess of the expected ones, multiplied, estimate the covariances; less what the rows
    contribute each for itself, they grow with the number of rows. The shares are estimated from the same entities,
    which makes them too small by 1 - 1/entities. Source: J. N. K. Rao and A. J. Scott, "On simple adjustments to
    chi-square tests with sample survey data", Annals of Statistics 15 (1987).
    """
    counted = np.bincount(bins)
    per_bin = counted[counted > 0]
    sampled, occupied = bins.size, per_bin.size
    if sampled < 2 or occupied < 2:
        return RowWeights()
    independent = sampled**2 / float(np.sum(owners.sizes.astype(float) ** 2))
    if independent < 2:
        return RowWeights(effect=float(rows))
    codes = (np.cumsum(counted > 0) - 1)[bins.astype(np.int64)[owners.order]]
    own = np.eye(occupied) - np.sqrt(np.outer(per_bin, per_bin)) / sampled
    excess = _products_of_excess(codes, owners, per_bin / sampled)
    between = excess * independent / (independent - 1) - sampled * own
    weights = own + (rows - 1) * between / (sampled * (sampled - 1))
    total = float(np.trace(weights))
    if total <= occupied - 1:
        return RowWeights()
    unequal = (occupied - 1) * float(np.sum(weights**2)) / total**2
    return RowWeights(min(total / (occupied - 1), float(rows)), max(unequal, 1.0))


def _products_of_excess(codes: Codes, owners: ByEntity, shares: Array) -> Array:
    """Over entities, the products of the rows that each has of two bins in excess of the expected ones."""
    products = np.zeros((shares.size, shares.size))
    for first in range(0, owners.sizes.size, _ENTITIES_AT_ONCE):
        sizes = owners.sizes[first : first + _ENTITIES_AT_ONCE]
        begin, end = np.searchsorted(owners.numbers, (first, first + sizes.size))
        places = (owners.numbers[begin:end] - first) * shares.size + codes[begin:end]
        counted = np.bincount(places, minlength=sizes.size * shares.size).reshape(-1, shares.size)
        excess = (counted - sizes[:, None] * shares) / np.sqrt(shares)
        products += excess.T @ excess
    return products
