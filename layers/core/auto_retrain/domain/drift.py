"""Evidence of drift: the same bins counted in two windows."""

from .base import Record


class FeatureHistogram(Record):
    """Rows per bin of one feature, reference and live window."""

    feature: str
    reference: tuple[int, ...]
    live: tuple[int, ...]
