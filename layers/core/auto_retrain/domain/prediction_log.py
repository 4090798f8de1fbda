"""The schema of the prediction log: one row for each answer of a model, in files under the hour in which it was given.

Whoever writes the log and whoever reads it use this module; it imports nothing that costs time.
"""

from datetime import UTC, datetime
from typing import Literal, NamedTuple

from .layouts import folder_of

SCHEMA_VERSION = 1
PARQUET, JSON_LINES = ".parquet", ".jsonl.gz"

# A moment is a timestamp with a zone; as JSON, a text of ISO 8601 with its offset. A value is text, number or boolean.
Kind = Literal["text", "moment", "number", "whole", "flag", "value"]


class LogColumn(NamedTuple):
    """A column of the log; one that is not needed may be absent or empty."""

    name: str
    kind: Kind
    is_needed: bool
    why: str


COLUMNS = (
    LogColumn("prediction_id", "text", True, "joins labels; a copy of a request has the id of the original"),
    LogColumn(
        "predicted_at", "moment", True, "when the answer was given; it decides the step and whether a label is due"
    ),
    LogColumn("model", "text", True, "registered name"),
    LogColumn("version", "text", True, "version in the registry, as text"),
    LogColumn("served", "flag", True, "false for a copy, whose answer nobody got"),
    LogColumn("prediction", "value", False, "the answer: a class, or the number of a regression; empty after an error"),
    LogColumn("row_id", "text", False, "the row's id in the labelled data, if labels are joined by it"),
    LogColumn("entity_id", "text", False, "whom the request is about; all rows of an entity are one unit"),
    LogColumn("arm", "text", False, "champion, challenger, mirror or pinned"),
    LogColumn("rollout_id", "text", False, "the rollout that assigned the version; empty outside of one"),
    LogColumn("step", "whole", False, "the step of that rollout"),
    LogColumn("assignment_probability", "number", False, "how likely this version was for this request"),
    LogColumn("score", "number", False, "probability of the positive class, or of the predicted one"),
    LogColumn("latency_ms", "number", False, "how long the answer took, in milliseconds"),
    LogColumn("business_value", "number", False, "a value of your own for the request, such as its revenue"),
    LogColumn("error", "text", False, "why there is no answer; empty if there is one"),
    LogColumn("schema_version", "whole", False, f"{SCHEMA_VERSION}; absent means 1"),
)


def default_prefix(model_name: str) -> str:
    """The folder of a model's log in the data bucket, unless its policy names another."""
    return f"predictions/model={model_name}"


def partition_of(at: datetime) -> str:
    """The folder of the hour in which an answer was given, in UTC, below the log's prefix."""
    utc = at.astimezone(UTC)
    return f"{folder_of(utc.date())}/hour={utc:%H}"
