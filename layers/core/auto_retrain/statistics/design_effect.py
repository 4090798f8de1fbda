"""How much less rows tell if those of an entity resemble each other."""

from typing import Any

import numpy as np

Codes = np.ndarray[Any, np.dtype[np.int64]]


def design_effect(bins: Codes, entities: Codes, rows: int) -> float:
    """How many rows weigh as one where their shares of bins are compared: 1 if the rows of an entity are independent.

    The mean over bins of the variance of a share, by that of independent rows. `bins` and `entities` are the codes of a
    uniform sample of the rows. Over its entities, rows of a bin in excess of the expected ones, squared, estimate the
    variance; less what the rows contribute each for itself, it grows with the number of rows. The shares are estimated
    from the same entities, which makes it too small by 1 - 1/entities. Source: J. N. K. Rao and A. J. Scott, "On simple
    adjustments to chi-square tests with sample survey data", Annals of Statistics 15 (1987).
    """
    sampled, occupied = bins.size, np.unique(bins).size
    if sampled < 2 or occupied < 2:
        return 1.0
    entity, sizes = np.unique(entities, return_inverse=True, return_counts=True)[1:]
    independent = sampled**2 / float(np.sum(sizes.astype(float) ** 2))
    if independent < 2:
        return float(rows)
    code, per_bin = np.unique(bins, return_inverse=True, return_counts=True)[1:]
    cells, per_cell = np.unique(entity.astype(np.int64) * occupied + code, return_counts=True)
    excess = np.sum(per_cell.astype(float) ** 2 / (per_bin[cells % occupied] / sampled)) - sampled**2 / independent
    between = float(excess) * independent / (independent - 1) - sampled * (occupied - 1)
    effect = 1 + (rows - 1) * between / (sampled * (sampled - 1) * (occupied - 1))
    return min(max(effect, 1.0), float(rows))
