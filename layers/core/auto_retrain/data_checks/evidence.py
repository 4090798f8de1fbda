"""What the data checks judge."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from ..domain.data_check import DataSummary
from ..domain.drift import FeatureHistogram


class FeatureValues(NamedTuple):
    """Samples of the finite values of a numeric feature: an array for each day, those of training first."""

    dates: Sequence[date]
    days: Sequence[Any]
    training_days: int

    @property
    def windows(self) -> tuple[Sequence[Any], Sequence[Any]]:
        """The days of training, and those of the holdout."""
        return self.days[: self.training_days], self.days[self.training_days :]


class DataEvidence(NamedTuple):
    """Both windows: their summary, histograms with training as reference, and values of numeric features by name.

    `labels` are the labelled rows of each class, `categories` the rows of each category by feature. So many
    challengers are `compared_in_parts`; none of a holdout in one piece.
    """

    summary: DataSummary
    histograms: Sequence[FeatureHistogram] = ()
    values: Mapping[str, FeatureValues] = {}
    labels: Mapping[str, int] = {}
    categories: Mapping[str, Mapping[str, int]] = {}
    compared_in_parts: int = 0
