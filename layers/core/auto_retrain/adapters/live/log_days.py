"""The answers of one UTC day in a prediction log, judged by their labels, version by version."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain
from typing import NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from ...domain.errors import DataInvalid
from ...domain.labelled_days import VersionDay, start_of
from ...domain.manifest import DataObject, with_rows
from ...domain.policy.data import LabelPlace
from ...ports import DataStore
from .log_cells import is_text, losses_of, occurrences
from .log_files import log_batches
from .log_hashes import each, hashed
from .log_labels import Labels, labels_in, labels_of
from .log_rows import answers, first_of_each, label_keys, only

# Of one day: as many as a step of a rollout may have.
MAX_ROWS = 1_000_000
# More than these are something else than the numbers of versions.
MAX_VERSIONS = 50
# Most files are small, so most of the time is spent waiting for S3; large ones take memory.
PARALLEL_FILES = 8

Part = TypeVar("Part")


class AskedLog(NamedTuple):
    """How a model's log is read; where labels are numbers, `squares` are summed instead of absolute errors."""

    model_name: str
    label_key: str
    labels: LabelPlace
    are_numbers: bool
    squares: bool


def count_day(
    day: date, files: Sequence[DataObject], labels: Sequence[DataObject], asked: AskedLog, data: DataStore
) -> dict[str, VersionDay]:
    """What each version answered; of rows with the same id the first counts, copies of requests do not.

    `files` are those of the log that may have rows of this day, and `labels` those that may have their labels. Raises
    DataInvalid naming a file and column, and DataUnavailable.
    """
    if not files:
        return {}
    with ThreadPoolExecutor(PARALLEL_FILES) as pool:
        once = first_of_each(rows_of(in_order(pool, partial(_read, day, asked, data), files)))
        answered = once.filter(pc.and_(pc.invert(once["failed"]), pc.is_valid(once["answer"])))
        wanted = with_rows(labels, asked.labels.format) if answered.num_rows else ()
        parts = chain.from_iterable(in_order(pool, partial(_labels, asked, data), wanted))
        judged = _with_labels(answered, parts, asked.are_numbers)
    versions = pc.unique(judged["version"]).to_pylist()
    if len(versions) > MAX_VERSIONS:
        raise DataInvalid(f"column 'version' has {len(versions)} different values; at most {MAX_VERSIONS} are counted")
    return {version: _version(judged.filter(pc.equal(judged["version"], version)), asked) for version in versions}


def in_order(pool: Executor, read: Callable[[DataObject], Part], files: Sequence[DataObject]) -> Iterator[Part]:
    """What is read from each file, some of them at once; none is read ahead of a part that fails."""
    for start in range(0, len(files), PARALLEL_FILES):
        yield from pool.map(read, files[start : start + PARALLEL_FILES])


def rows_of(parts: Iterable[pa.Table]) -> pa.Table:
    """All of them; raises DataInvalid beyond the most that a day may have."""
    kept, rows = list[pa.Table](), 0
    for part in parts:
        rows += part.num_rows
        if rows > MAX_ROWS:
            raise DataInvalid(f"there are more than {MAX_ROWS} answers; count right and labelled rows by metrics")
        kept.append(part)
    return pa.concat_tables(kept)


def _read(day: date, asked: AskedLog, data: DataStore, item: DataObject) -> pa.Table:
    with data.open(item) as file:
        batches = _compacted(log_batches(file, item.uri), start_of(day), asked, item.uri)
        return pa.Table.from_batches(batches, _schema(asked))


def _labels(asked: AskedLog, data: DataStore, item: DataObject) -> list[Labels]:
    return list(labels_in(item, asked.labels, asked.are_numbers, data))


def _with_labels(rows: pa.Table, parts: Iterable[Labels], are_numbers: bool) -> pa.Table:
    labels = labels_of(rows["key"], parts, are_numbers) if rows.num_rows else rows["answer"]
    return rows.drop_columns("key").append_column("label", labels)


def _compacted(
    batches: Iterable[pa.RecordBatch], start: datetime, asked: AskedLog, uri: str
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        rows = only(batch, is_of_day(batch, start, asked.model_name))
        answer, failed = answers(rows, asked.are_numbers, uri)
        ids = each(rows["prediction_id"], hashed)
        arrays = [
            ids,
            rows["predicted_at"],
            rows["version"].cast(pa.string()),
            failed,
            answer,
            each(rows["entity_id"], hashed),
            label_keys(rows, asked.label_key, ids, uri),
        ]
        yield pa.RecordBatch.from_arrays(arrays, schema=_schema(asked))


def is_of_day(batch: pa.RecordBatch, start: datetime, model_name: str) -> pa.Array:
    """Whether each row is an answer of the model that somebody got on the day that began then."""
    begin, end = (pa.scalar(at, pa.timestamp("us", "UTC")) for at in (start, start + timedelta(days=1)))
    at = batch["predicted_at"]
    inside = pc.and_(pc.greater_equal(at, begin), pc.less(at, end))
    return pc.and_(pc.and_(inside, batch["served"]), is_text(batch["model"], model_name))


def _schema(asked: AskedLog) -> pa.Schema:
    return pa.schema(
        {
            "id": pa.int64(),
            "at": pa.timestamp("us", "UTC"),
            "version": pa.string(),
            "failed": pa.bool_(),
            "answer": pa.float64() if asked.are_numbers else pa.int64(),
            "entity": pa.int64(),
            "key": pa.int64(),
        }
    )


def _version(rows: pa.Table, asked: AskedLog) -> VersionDay:
    labelled = rows.filter(pc.is_valid(rows["label"]))
    if not labelled.num_rows:
        return VersionDay(answered=rows.num_rows)
    judged = {"answered": rows.num_rows, "labelled": labelled.num_rows, "independent": independent_rows(labelled)}
    if not asked.are_numbers:
        return VersionDay(**judged, good=pc.sum(pc.equal(labelled["answer"], labelled["label"])).as_py())
    losses = losses_of(labelled["answer"], labelled["label"], asked.squares)
    return VersionDay(**judged, loss=math.fsum(losses.to_pylist()))


def independent_rows(rows: pa.Table) -> float:
    """How many rows tell as much as these, as if all of an entity were alike; one without an entity is one by itself.

    Source: L. Kish, "Survey Sampling" (1965): (sum of sizes)² / (sum of their squares).
    """
    entities = rows["entity"]
    sizes = occurrences(entities, pc.is_null(entities))
    return float(rows.num_rows**2 / (sizes.squares + entities.null_count))


def files_of_day(day: date, files: Mapping[date, Sequence[DataObject]]) -> list[DataObject]:
    """The files that may have rows of a day: its own, and those of the first hour after it, which may be late."""
    after = [item for item in files.get(day + timedelta(days=1), ()) if item.name.startswith("hour=00/")]
    return [*files.get(day, ()), *after]
