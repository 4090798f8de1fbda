"""Columns that went dead: empty although they used to have values, or constant although they used to vary.

A column is not dead if it once was empty, or constant, for at least half as many days in a row in the reference, and
came back: the month, a holiday, a rate between two meetings of a central bank.
"""

from .drift import FeatureHistogram

VARIED_BINS = 5
# So unlikely that it is a fault, not chance; rare values may well be absent from a small live window.
IMPOSSIBLE = 1e-9


def dead_columns(histograms: list[FeatureHistogram], min_rows: int) -> list[str]:
    """One sentence for each dead column; columns with fewer live rows than `min_rows` are not judged."""
    judged = [histogram for histogram in histograms if sum(histogram.live) >= min_rows]
    return [problem for histogram in judged if (problem := _problem(histogram))]


def are_alive(histograms: list[FeatureHistogram]) -> bool:
    """Whether each column has live values that vary, or was as it is now in the reference; true says more than no dead
    column, as it does not need many rows.
    """
    return all(_has_values(each) and (not each.stands_still or _may_stand_still(each)) for each in histograms)


def _has_values(histogram: FeatureHistogram) -> bool:
    rests = not any(histogram.reference[:-1]) or (any(histogram.live) and _was_empty(histogram))
    return any(histogram.live[:-1]) or rests


def _may_stand_still(histogram: FeatureHistogram) -> bool:
    return stood_still(histogram) or sum(map(bool, histogram.reference[:-1])) <= 1


def _problem(histogram: FeatureHistogram) -> str | None:
    filled, rows = sum(histogram.live[:-1]), sum(histogram.live)
    if not filled and not _was_empty(histogram) and _chance_of_none(histogram) < IMPOSSIBLE:
        return f"'{histogram.feature}' has no value in any of {rows} rows"
    if histogram.stands_still and not stood_still(histogram) and _chance_of_one_value(histogram) < IMPOSSIBLE:
        return f"'{histogram.feature}' has the same value in all {filled} rows"
    return None


def stood_still(histogram: FeatureHistogram) -> bool:
    """Whether the reference had one value for about as long; what is unknown may have been so."""
    still = histogram.reference_still_days
    return still is None or 2 * still >= histogram.days


def _was_empty(histogram: FeatureHistogram) -> bool:
    empty = histogram.reference_empty_days
    return empty is not None and 2 * empty >= max(histogram.days, 1)


def _chance_of_none(histogram: FeatureHistogram) -> float:
    """Probability that no live row has a value, if values are as rare as in the reference."""
    return _share(histogram.reference[-1], sum(histogram.reference)) ** sum(histogram.live)


def _chance_of_one_value(histogram: FeatureHistogram) -> float:
    """Upper bound on the probability that all live values are equal, from the largest bin of the reference."""
    known = histogram.reference[:-1]
    if sum(map(bool, known)) < VARIED_BINS:
        return 1.0
    return _share(max(known), sum(known)) ** sum(histogram.live[:-1])


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
