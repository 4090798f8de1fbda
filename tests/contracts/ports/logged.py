"""Rows of a prediction log, and the files that hold them."""

import gzip
import io
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from auto_retrain.domain.live import LiveQuery
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.prediction_log import partition_of
from tests.unit.builders import a_policy

START = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)
END = datetime(2026, 3, 2, 12, tzinfo=UTC)
LABELS = {"prefix": "labels/churn", "row_id": "id", "label": "label"}


def logged_policy(
    *, delay: int = 0, requests: Mapping[str, Any] | None = None, analysis: Mapping[str, Any] | None = None, **data: Any
) -> Policy:
    columns = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"], "labels": LABELS}
    counted = {"requests": {"source": "prediction_log", **(requests or {})}, "analysis": analysis or {}}
    return a_policy(data={**columns, "label_delay_days": delay, **data}, deployment=counted)


def a_query(policy: Policy | None = None, **changes: Any) -> LiveQuery:
    fields = {"rollout_id": "churn-2", "champion": "1", "challenger": "2", "start": START, "end": END}
    return LiveQuery(policy=policy or logged_policy(), **{**fields, **changes})


def a_row(number: int, version: str = "1", minutes: float = 5, **changes: Any) -> dict[str, Any]:
    """A row of the log; the time is in minutes since the step began."""
    fields = {
        "prediction_id": f"p-{number}",
        "row_id": f"r-{number}",
        "predicted_at": START + timedelta(minutes=minutes),
        "model": "churn",
        "version": version,
        "served": True,
        "prediction": "yes",
        "entity_id": None,
        "rollout_id": "churn-2",
        "step": 0,
        "score": None,
        "latency_ms": None,
        "error": None,
    }
    return {**fields, **changes}


def as_parquet(rows: Sequence[Mapping[str, Any]]) -> bytes:
    file = io.BytesIO()
    frame = pd.DataFrame(list(rows))
    for name in ("row_id", "entity_id", "rollout_id", "error"):
        if name in frame:
            frame[name] = frame[name].astype("string")
    frame.to_parquet(file)
    return file.getvalue()


def as_json_lines(rows: Sequence[Mapping[str, Any]]) -> bytes:
    lines = [json.dumps({**row, "predicted_at": row["predicted_at"].isoformat()}) for row in rows]
    return gzip.compress("\n".join(lines).encode())


def by_partition(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    partitions: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        partitions.setdefault(partition_of(row["predicted_at"]), []).append(row)
    return partitions
