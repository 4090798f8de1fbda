"""Columns that went dead: empty although they were filled, or standing still although they varied."""

from .drift import FeatureHistogram

VARIED_BINS = 5
# So unlikely that it is a fault and no chance: rare values may well be absent from a small live window.
IMPOSSIBLE = 1e-9


def dead_columns(histograms: list[FeatureHistogram], fewest_rows: int) -> list[str]:
    """What is wrong with each dead column, in words; fewer live rows than asked for show nothing."""
    seen = [found for found in histograms if sum(found.live) >= fewest_rows]
    return [problem for found in seen if (problem := _problem(found))]


def _problem(found: FeatureHistogram) -> str | None:
    filled, rows = sum(found.live[:-1]), sum(found.live)
    if not filled and _chance_of_none(found) < IMPOSSIBLE:
        return f"'{found.feature}' has no value in any of {rows} rows"
    if found.stands_still and _chance_of_one_value(found) < IMPOSSIBLE:
        return f"'{found.feature}' is one and the same value in all of {filled} rows"
    return None


def _chance_of_none(found: FeatureHistogram) -> float:
    """That no live row has a value, if they are as rare as they were."""
    return _share(found.reference[-1], sum(found.reference)) ** sum(found.live)


def _chance_of_one_value(found: FeatureHistogram) -> float:
    """At most that all live values are the most frequent one, if it is as frequent as its bin was."""
    known = found.reference[:-1]
    if sum(map(bool, known)) < VARIED_BINS:
        return 1.0
    return _share(max(known), sum(known)) ** sum(found.live[:-1])


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0
