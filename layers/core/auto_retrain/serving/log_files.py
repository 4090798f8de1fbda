"""Puts rows of the prediction log into files: JSON Lines, compressed."""

import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

from ..domain.prediction_log import JSON_LINES, SCHEMA_VERSION, partition_of
from .router import Pick

# The highest level takes three times as long for four percent, on processors that answer requests.
_COMPRESSION = 5
_encode = json.JSONEncoder(allow_nan=False).encode


class Row(NamedTuple):
    """An answer as it waits to be stored; `at` in seconds since 1970."""

    prediction_id: str
    at: float
    pick: Pick
    prediction: Any
    row_id: str | None
    entity_id: str | None
    score: float | None
    latency_ms: float | None
    business_value: float | None
    error: str | None

    def columns(self, model_name: str) -> dict[str, Any]:
        """As the log's schema has it, without what is not known."""
        columns = {
            "prediction_id": self.prediction_id,
            "predicted_at": datetime.fromtimestamp(self.at, UTC).isoformat(),
            "model": model_name,
            "version": self.pick.version,
            "served": self.pick.arm != "mirror",
            "prediction": self.prediction,
            "row_id": self.row_id,
            "entity_id": self.entity_id,
            "arm": self.pick.arm,
            "rollout_id": self.pick.rollout_id,
            "step": self.pick.step,
            "assignment_probability": self.pick.probability,
            "score": self.score,
            "latency_ms": self.latency_ms,
            "business_value": self.business_value,
            "error": self.error,
            "schema_version": SCHEMA_VERSION,
        }
        return {name: value for name, value in columns.items() if value is not None}


class LogFile(NamedTuple):
    """A file that is to be stored, and how many rows are in it."""

    key: str
    rows: int
    content: bytes


def files_of(rows: Iterable[Row], model_name: str, prefix: str) -> Iterator[LogFile]:
    """One file for each hour and kind of answer: a reader wants one kind of answer in a file.

    Raises ValueError or TypeError if a row cannot be written as JSON.
    """
    parts: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        hour = partition_of(datetime.fromtimestamp(row.at, UTC))
        line = _encode(row.columns(model_name))
        parts.setdefault((hour, _kind(row.prediction)), []).append(f"{line}\n")
    for (hour, _), lines in parts.items():
        content = gzip.compress("".join(lines).encode(), _COMPRESSION)
        yield LogFile(f"{prefix}/{hour}/part-{uuid4()}{JSON_LINES}", len(lines), content)


def _kind(prediction: Any) -> str:
    return "number" if type(prediction) in (int, float) else type(prediction).__name__
