"""The rows of one rollout's step, with only what counting needs of them, each prediction once."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from ...domain.errors import DataInvalid
from ...domain.live import LiveQuery
from ...domain.metric_kinds import Task
from ...domain.policy.requests import PredictionLogRequests
from ..data.arrow_values import Unconvertible, floats, texts
from .log_cells import is_text, latency_buckets, repeated, score_bins
from .log_hashes import each, hashed, hashed_values

Rows = TypeVar("Rows", pa.Table, pa.RecordBatch)

_NO_NUMBER = pa.scalar(None, pa.float64())


class StepRows(NamedTuple):
    """Rows of both versions since the step began, and how many rows named other versions."""

    rows: pa.RecordBatch
    of_others: int

    @property
    def nbytes(self) -> int:
        return int(self.rows.nbytes)


def step_rows(batches: Iterable[pa.RecordBatch], query: LiveQuery, uri: str) -> Iterator[StepRows]:
    """What one file has of a step, in the columns of `schema`.

    Rows of another model, rollout or step, or from before the step, do not count at all. Raises DataInvalid naming a
    column.
    """
    for batch in batches:
        inside = only(batch, _is_of_step(batch, query))
        version = inside["version"]
        mine = pc.or_(is_text(version, query.champion), is_text(version, query.challenger))
        rows = only(inside, mine)
        yield StepRows(_compact(rows, query, uri), inside.num_rows - rows.num_rows)


def schema(query: LiveQuery) -> pa.Schema:
    """The columns of the rows of a step: hashes of texts, and the bins in which scores and latencies are counted."""
    answer = pa.float64() if is_regression(query) else pa.int64()
    return pa.schema(
        {
            "id": pa.int64(),
            "at": pa.timestamp("us", "UTC"),
            "is_challenger": pa.bool_(),
            "served": pa.bool_(),
            "failed": pa.bool_(),
            "answer": answer,
            "entity": pa.int64(),
            "score": pa.int8(),
            "latency": pa.int16(),
            **({"key": pa.int64()} if has_labels_due(query) else {}),
            **({"business": pa.float64()} if has_business(query) else {}),
        }
    )


def labels_due(query: LiveQuery) -> datetime:
    """The labels of what was answered before it are due."""
    return query.end - timedelta(days=query.policy.data.label_delay_days)


def has_labels_due(query: LiveQuery) -> bool:
    """Whether any row of the step may be old enough for its label; if not, no row needs the key of its label."""
    return labels_due(query) > query.start


def has_business(query: LiveQuery) -> bool:
    """Whether anybody asks for the user's own values."""
    return query.policy.deployment.analysis.business_metric.enabled


def is_regression(query: LiveQuery) -> bool:
    return query.policy.data.task is Task.REGRESSION


def only(rows: Rows, chosen: Any) -> Rows:
    """The chosen rows; a copy is made only if some are not chosen."""
    return rows if pc.all(chosen).as_py() else rows.filter(chosen)


def each_once(rows: pa.Table) -> pa.Table:
    """Of several rows for one served answer, or for one copy, the first in time, whatever the order of the rows."""
    parts = [only(rows, rows["served"]), rows.filter(pc.invert(rows["served"]))]
    return pa.concat_tables([first_of_each(part) for part in parts])


def first_of_each(rows: pa.Table) -> pa.Table:
    """Of several rows with the same id, the first in time."""
    ids = repeated(rows["id"])
    if not len(ids):
        return rows
    is_repeated = pc.is_in(rows["id"], ids)
    # By all columns, so that rows of the same moment have an order, too.
    ordered = rows.filter(is_repeated).sort_by([(name, "ascending") for name in rows.schema.names])
    repeats = ordered["id"].combine_chunks()
    later = ordered[1:].filter(pc.not_equal(repeats[1:], repeats[:-1]))
    return pa.concat_tables([rows.filter(pc.invert(is_repeated)), ordered[:1], later])


def _is_of_step(batch: pa.RecordBatch, query: LiveQuery) -> pa.Array:
    rollout, step = batch["rollout_id"], batch["step"]
    own = pc.or_kleene(pc.is_null(rollout), is_text(rollout, query.rollout_id))
    own = pc.and_(own, pc.or_kleene(pc.is_null(step), pc.equal(step, query.step)))
    began = pc.greater_equal(batch["predicted_at"], pa.scalar(query.start, pa.timestamp("us", "UTC")))
    return pc.and_(pc.and_(own, began), is_text(batch["model"], query.policy.model))


def _compact(rows: pa.RecordBatch, query: LiveQuery, uri: str) -> pa.RecordBatch:
    answer, failed = answers(rows, is_regression(query), uri)
    ids = each(rows["prediction_id"], hashed)
    arrays = [
        ids,
        rows["predicted_at"],
        is_text(rows["version"], query.challenger),
        rows["served"],
        failed,
        answer,
        each(rows["entity_id"], hashed),
        score_bins(rows["score"]),
        latency_buckets(rows["latency_ms"]),
        *([label_keys(rows, _label_key(query), ids, uri)] if has_labels_due(query) else []),
        *([_finite(rows["business_value"])] if has_business(query) else []),
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=schema(query))


def answers(rows: pa.RecordBatch, are_numbers: bool, uri: str) -> tuple[pa.Array, pa.Array]:
    """The answer of each row, as a number or as a hash, and whether there is none; raises DataInvalid."""
    answer, failed = _answers(rows["prediction"], are_numbers, uri), pc.is_valid(rows["error"])
    if not are_numbers:
        return answer, failed
    # A number that is not finite is no answer.
    broken = pc.fill_null(pc.invert(pc.is_finite(answer)), False)
    return pc.if_else(broken, _NO_NUMBER, answer), pc.or_(failed, broken)


def label_keys(rows: pa.RecordBatch, name: str, ids: pa.Array, uri: str) -> pa.Array:
    """Hashes of the canonical texts that labels are joined by; most often they are those of the ids."""
    try:
        keys = texts(rows[name])
    except Unconvertible as error:
        raise DataInvalid(f"column '{name}' of '{uri}' holds {error}") from error
    return ids if name == "prediction_id" and keys.equals(rows[name]) else hashed(keys)


def _finite(numbers: pa.Array) -> pa.Array:
    """Numbers that are not finite are none; of another type they are refused before."""
    known = pc.cast(numbers, pa.float64())
    return pc.if_else(pc.is_finite(known), known, _NO_NUMBER)


def _label_key(query: LiveQuery) -> str:
    requests = query.policy.deployment.requests
    assert isinstance(requests, PredictionLogRequests)
    return requests.label_key


def _answers(cells: pa.Array, are_numbers: bool, uri: str) -> pa.Array:
    try:
        if not are_numbers:
            return hashed_values(cells)
        if (
            pa.types.is_string(cells.type)
            or pa.types.is_large_string(cells.type)
            or pa.types.is_string_view(cells.type)
        ):
            raise Unconvertible(str(cells.type))
        return floats(cells)
    except Unconvertible as error:
        wanted = "a number" if are_numbers else "text, a number or a boolean"
        raise DataInvalid(f"column 'prediction' of '{uri}' is {error}; it must be {wanted}") from error
