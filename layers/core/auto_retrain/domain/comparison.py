"""Evidence of a comparison: counts over the holdout rows, which gates judge."""

from .base import Record
from .validation import ClassificationMetrics


class Comparison(Record):
    """What two models did on identical rows; the champion's part is None for a first model.

    `label_share` is the share of the holdout rows whose label had arrived. `compared` challengers were looked at, of
    which this one is the best: the interval is widened for that, and the p value has to be judged with it in mind.
    """

    rows: int
    rarest_class_rows: int
    largest_class_share: float
    challenger: ClassificationMetrics
    champion: ClassificationMetrics | None = None
    improvement: float | None = None
    interval: tuple[float, float] | None = None
    p_value: float | None = None
    compared: int = 1
    label_share: float = 1.0
