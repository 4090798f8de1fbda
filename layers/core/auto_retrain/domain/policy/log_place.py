"""Where a model's prediction log is, and what joins its labels: the same for a rollout and for a metric."""

from typing import Literal

from pydantic import Field

from ..base import StrictRecord
from ..prediction_log import default_prefix
from .data import Prefix


class PredictionLogPlace(StrictRecord):
    """A log with one row for each answer."""

    source: Literal["prediction_log"]
    prefix: Prefix | None = Field(
        default=None,
        description="folder in the data bucket with the subfolders date=YYYY-MM-DD/hour=HH; none: "
        "predictions/model=NAME",
    )
    label_key: Literal["prediction_id", "row_id"] = Field(
        default="prediction_id", description="column of the log that the row ids of the labels are ids of"
    )

    def prefix_of(self, model_name: str) -> str:
        return self.prefix or default_prefix(model_name)
