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

from ...domain.holdout_profile import MAX_ENTITIES, ROUNDING, HoldoutProfile, ScoreCounts
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
    "answer": pa.int8(),
    "score": pa.float64(),
    "entity": pa.int64(),
}
# The place of an answer that is none of the profile's.
_OTHER = -1


def count_scores(day: date, files: Sequence[DataObject], profile: HoldoutProfile, data: DataStore) -> ScoreCounts:
    """Count the answers that a version gave on a day; of rows with the same id the first counts.

    `files` are those that may have rows of this day. Raises DataInvalid naming a file and column, and DataUnavailable.
    """
    if not files:
        return ScoreCounts()
    with ThreadPoolExecutor(PARALLEL_FILES) as pool:
        once = first_of_each(rows_of(in_order(pool, partial(_read, day, profile, data), files)))
    return counts_of(once.filter(pc.invert(once["failed"])), profile)


def counts_of(rows: pa.Table, profile: HoldoutProfile) -> ScoreCounts:
    """Count answered rows by `answer`, its place among those of the profile or -1, `score` and hashed `entity`."""
    # A missing score is NaN.
    logged, answered = rows["score"].to_numpy(), rows["answer"].to_numpy()
    scores = logged if profile.kind == "number" else np.clip(logged, 0, 1)
    is_known = answered != _OTHER
    is_score = is_known & np.isfinite(logged) & (np.abs(logged - scores) <= ROUNDING)
    counts = group_counts(scores[is_score], answered[is_score], profile)
    scored = rows.filter(pa.array(is_score))
    others = int(np.count_nonzero(~is_known))
    return counts.changed(
        answered=rows.num_rows,
        of_other_classes=others,
        without_score=rows.num_rows - others - scored.num_rows,
        **(_units(scored) if scored.num_rows else {}),
    )


def _units(scored: pa.Table) -> dict[str, Any]:
    """How many rows tell as much as these, and some of the entities that they belong to."""
    cells = scored["entity"]
    entities, sizes = np.unique(cells.drop_null().to_numpy(), return_counts=True)
    some = zip(entities[:MAX_ENTITIES].tolist(), sizes[:MAX_ENTITIES].tolist(), strict=True)
    independent = independent_rows(scored)
    return {"independent": independent, "without_entity": cells.null_count, "entities": tuple(some)}


def group_counts(scores: Numbers, answered: Numbers, profile: HoldoutProfile) -> ScoreCounts:
    """Scores that can be ones by answer and group, each row independent of the others, shape (rows,) both.

    `answered` is the place of each row's answer among those of the profile.
    """
    places, n_groups = np.searchsorted(profile.edges, scores, side="right"), len(profile.edges) + 1
    groups, outside = [], []
    for number, answer in enumerate(profile.answers):
        chosen = answered == number
        groups.append(tuple(np.bincount(_within(places[chosen], number, profile), minlength=n_groups).tolist()))
        is_outside = (scores[chosen] < answer.least) | (scores[chosen] > answer.greatest) | (answer.rows == 0)
        outside.append(int(np.count_nonzero(is_outside)))
    rows = scores.size
    return ScoreCounts(answered=rows, outside=tuple(outside), independent=float(rows), groups=tuple(groups))


def _within(places: Numbers, answer: int, profile: HoldoutProfile) -> Numbers:
    """A row is in a group of its own answer: near a threshold, the holdout does not tell exactly where it is."""
    if profile.border is None:
        return places
    return np.maximum(places, profile.border) if answer else np.minimum(places, profile.border - 1)


def _read(day: date, profile: HoldoutProfile, data: DataStore, item: DataObject) -> pa.Table:
    with data.open(item) as file:
        batches = _compacted(log_batches(file, item.uri), start_of(day), profile, item.uri)
        return pa.Table.from_batches(batches, pa.schema(_SCHEMA))


def _compacted(
    batches: Iterable[pa.RecordBatch], start: datetime, profile: HoldoutProfile, uri: str
) -> Iterator[pa.RecordBatch]:
    are_numbers = profile.kind == "number"
    for batch in batches:
        chosen = pc.and_(is_of_day(batch, start, profile.model_name), is_text(batch["version"], profile.version))
        rows = only(batch, chosen)
        answer, failed = answers(rows, are_numbers, uri)
        is_answered = pc.is_valid(answer)
        arrays = [
            each(rows["prediction_id"], hashed),
            rows["predicted_at"],
            pc.or_(failed, pc.invert(is_answered)),
            _places(answer, profile),
            answer if are_numbers else pc.cast(rows["score"], pa.float64()),
            each(rows["entity_id"], hashed),
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=pa.schema(_SCHEMA))


def _places(answer: pa.Array, profile: HoldoutProfile) -> pa.Array:
    """The place of each answer among those of the profile."""
    if not profile.classes:
        return pa.array(np.zeros(len(answer), np.int8))
    place_of = profile.place_of
    names, places = pa.array(list(place_of), pa.string()), pa.array(list(place_of.values()), pa.int8())
    return pc.fill_null(pc.take(places, pc.index_in(answer, hashed(names))), _OTHER)
