"""The scores of one version's answers on a UTC day, counted in the groups of its holdout profile."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ...domain.holdout_profile import HoldoutProfile, ScoreCounts
from ...domain.labelled_days import start_of
from ...domain.manifest import DataObject
from ...ports import DataStore
from .log_cells import is_text
from .log_days import PARALLEL_FILES, in_order, independent_rows, is_of_day, rows_of
from .log_files import log_batches
from .log_hashes import each, hashed
from .log_rows import answers, first_of_each, only

Numbers = NDArray[Any]

_SCHEMA = {
    "id": pa.int64(),
    "at": pa.timestamp("us", "UTC"),
    "failed": pa.bool_(),
    "is_positive": pa.bool_(),
    "score": pa.float64(),
    "entity": pa.int64(),
}


def count_scores(day: date, files: Sequence[DataObject], profile: HoldoutProfile, data: DataStore) -> ScoreCounts:
    """Count the answers that a version gave on a day; of rows with the same id the first counts.

    `files` are those that may have rows of this day. Raises DataInvalid naming a file and column, and DataUnavailable.
    """
    if not files:
        return ScoreCounts()
    with ThreadPoolExecutor(PARALLEL_FILES) as pool:
        once = first_of_each(rows_of(in_order(pool, partial(_read, day, profile, data), files)))
    rows = once.filter(pc.invert(once["failed"]))
    # A missing score is NaN.
    scores = rows["score"].to_numpy()
    is_score = np.isfinite(scores) if profile.kind == "number" else (scores >= 0) & (scores <= 1)
    counts = group_counts(scores[is_score], rows["is_positive"].to_numpy()[is_score], profile)
    scored = rows.filter(pa.array(is_score))
    return counts.changed(
        answered=rows.num_rows,
        without_score=rows.num_rows - scored.num_rows,
        independent=independent_rows(scored) if scored.num_rows else 0.0,
    )


def group_counts(scores: Numbers, is_positive: Numbers, profile: HoldoutProfile) -> ScoreCounts:
    """Scores that can be ones by answer and group, each row independent of the others, shape (rows,) both."""
    places, n_groups = np.searchsorted(profile.edges, scores, side="right"), len(profile.edges) + 1
    chosen = [~is_positive, is_positive] if profile.kind == "positive" else [np.ones(scores.size, bool)]
    groups = tuple(tuple(np.bincount(places[rows], minlength=n_groups).tolist()) for rows in chosen)
    spans = profile.spans or (None,) * len(chosen)
    outside = sum(_outside(scores[rows], span) for rows, span in zip(chosen, spans, strict=True))
    return ScoreCounts(answered=scores.size, outside=outside, independent=float(scores.size), groups=groups)


def _outside(scores: Numbers, span: tuple[float, float] | None) -> int:
    if span is None:
        return int(scores.size)
    return int(np.count_nonzero((scores < span[0]) | (scores > span[1])))


def _read(day: date, profile: HoldoutProfile, data: DataStore, item: DataObject) -> pa.Table:
    with data.open(item) as file:
        batches = _compacted(log_batches(file, item.uri), start_of(day), profile, item.uri)
        return pa.Table.from_batches(batches, pa.schema(_SCHEMA))


def _compacted(
    batches: Iterable[pa.RecordBatch], start: datetime, profile: HoldoutProfile, uri: str
) -> Iterator[pa.RecordBatch]:
    are_numbers = profile.kind == "number"
    positive = hashed(pa.array([profile.positive or ""]))[0]
    for batch in batches:
        chosen = pc.and_(is_of_day(batch, start, profile.model_name), is_text(batch["version"], profile.version))
        rows = only(batch, chosen)
        answer, failed = answers(rows, are_numbers, uri)
        is_answered = pc.is_valid(answer)
        arrays = [
            each(rows["prediction_id"], hashed),
            rows["predicted_at"],
            pc.or_(failed, pc.invert(is_answered)),
            pc.fill_null(pc.equal(answer, positive), False) if not are_numbers else pa.array([False] * rows.num_rows),
            answer if are_numbers else pc.cast(rows["score"], pa.float64()),
            each(rows["entity_id"], hashed),
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=pa.schema(_SCHEMA))
