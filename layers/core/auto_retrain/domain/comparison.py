"""Evidence of a comparison: counts over the holdout rows, which gates judge."""

from .base import Record
from .validation import ClassificationMetrics


class Comparison(Record):
    """What two models did on identical rows; the champion's part is None for a first model.

    `label_share` is the share of the holdout rows whose label had arrived.
    """

    rows: int
    rarest_class_rows: int
    largest_class_share: float
    challenger: ClassificationMetrics
    champion: ClassificationMetrics | None = None
    improvement: float | None = None
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    label_share: float = 1.0
