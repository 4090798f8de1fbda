"""From the rows of a step to its counts."""

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ...domain.errors import DataInvalid
from ...domain.live import SCORE_BINS, ArmCounts, LiveCounts, LiveQuery, PairedCounts
from ...domain.metric_kinds import OF_SQUARES
from .log_cells import looked_up, losses_of, occurrences
from .log_rows import each_once, has_business, is_regression, labels_due, only

_COUNTED = ("failed", "entity", "score", "latency", "business", "answer", "mature", "label")

LabelsOf = Callable[[pa.ChunkedArray], pa.ChunkedArray]


def count(rows: pa.Table, of_others: int, query: LiveQuery, labels_of: LabelsOf) -> LiveCounts:
    """The counts of both versions; labels that cannot be read are a problem of their own."""
    past = only(rows, pc.less(rows["at"], _moment(query.end)))
    # Nobody asks the champion for copies.
    wanted = only(past, pc.or_(past["served"], past["is_challenger"]))
    once = each_once(wanted)
    judged, problem = _judged(once, query, labels_of)
    counted = judged.select([name for name in _COUNTED if name in judged.schema.names])
    champion, challenger, copies = (_arm(counted.filter(mask), query) for mask in _masks(judged))
    return LiveCounts(
        champion=champion,
        challenger=challenger,
        copies=copies,
        paired=_paired(judged, query) if copies.requests else PairedCounts(),
        newest_at=pc.max(past["at"]).as_py(),
        dropped=of_others + rows.num_rows - past.num_rows + wanted.num_rows - once.num_rows,
        label_problem=problem,
    )


def _moment(at: datetime) -> pa.Scalar:
    return pa.scalar(at, pa.timestamp("us", "UTC"))


def _masks(rows: pa.Table) -> list[pa.ChunkedArray]:
    """Which are the answers of the champion, those of the challenger, and its answers to copies."""
    served, of_challenger = rows["served"], rows["is_challenger"]
    return [pc.and_not(served, of_challenger), pc.and_(served, of_challenger), pc.invert(served)]


def _judged(rows: pa.Table, query: LiveQuery, labels_of: LabelsOf) -> tuple[pa.Table, str | None]:
    """The rows with two more columns, `mature` and the `label` of mature ones; and what is wrong with the labels."""
    mature, none = _is_mature(rows, query), pa.scalar(None, rows.schema.field("answer").type)
    labels, problem = pa.chunked_array([pa.nulls(rows.num_rows, none.type)]), None
    if pc.any(mature).as_py():
        try:
            labels = pc.if_else(mature, labels_of(rows["key"]), none)
        except DataInvalid as error:
            problem = str(error)
    return rows.append_column("mature", mature).append_column("label", labels), problem


def _is_mature(rows: pa.Table, query: LiveQuery) -> pa.ChunkedArray:
    """Which answers are old enough for their label.

    Both versions are counted over the time in which both answered, so their labels have had as much time to come.
    """
    due = labels_due(query)
    own, of_challenger, copied = _masks(rows)
    begins = [pc.min(rows["at"].filter(mask)).as_py() for mask in (own, of_challenger)]
    both = due if None in begins else max(begins)
    in_time = pc.or_(copied, pc.greater_equal(rows["at"], _moment(both)))
    return pc.and_(pc.and_(in_time, pc.less(rows["at"], _moment(due))), _answered(rows))


def _answered(rows: pa.Table) -> pa.ChunkedArray:
    return pc.and_(pc.invert(rows["failed"]), pc.is_valid(rows["answer"]))


def _arm(rows: pa.Table, query: LiveQuery) -> ArmCounts:
    return ArmCounts(
        requests=rows.num_rows,
        errors=_true(rows["failed"]),
        latencies=_latencies(rows),
        mature=_true(rows["mature"]),
        scores=_scores(rows["score"]),
        **_of_entities(rows),
        **_of_labels(rows, query),
        **(_of_business(rows["business"].drop_null()) if has_business(query) else {}),
    )


def _of_entities(rows: pa.Table) -> dict[str, int]:
    """A request that names none is one by itself."""
    named, alone = occurrences(rows["entity"], rows["failed"]), rows["entity"].null_count
    failed_alone = _true(pc.and_(rows["failed"], rows["entity"].is_null()))
    return {
        "entities": named.different + alone,
        "entity_squares": named.squares + alone,
        "error_squares": named.marked_squares + failed_alone,
        "error_products": named.products + failed_alone,
    }


def _of_labels(rows: pa.Table, query: LiveQuery) -> dict[str, Any]:
    labelled = rows.num_rows - rows["label"].null_count
    if not is_regression(query):
        return {"labelled": labelled, "good": _true(pc.equal(rows["answer"], rows["label"]))}
    losses = _losses(rows["answer"], rows["label"], query).drop_null()
    return {"labelled": labelled, "loss": _sum(losses), "loss_squares": _sum(pc.multiply(losses, losses))}


def _of_business(values: pa.ChunkedArray) -> dict[str, Any]:
    squares = _sum(pc.multiply(values, values))
    return {"business": _sum(values), "business_squares": squares, "business_rows": len(values)}


def _true(flags: pa.ChunkedArray) -> int:
    return int(pc.sum(flags).as_py() or 0)


def _sum(numbers: pa.ChunkedArray) -> float:
    """The exact sum, rounded once, so that the order of the rows does not matter."""
    return math.fsum(numbers.to_pylist())


def _losses(answers: pa.ChunkedArray, labels: pa.ChunkedArray, query: LiveQuery) -> pa.ChunkedArray:
    return losses_of(answers, labels, query.policy.primary_metric in OF_SQUARES)


def _latencies(rows: pa.Table) -> dict[int, int]:
    return dict(sorted(_value_counts(rows["latency"].filter(pc.invert(rows["failed"]))).items()))


def _scores(scores: pa.ChunkedArray) -> tuple[int, ...]:
    bins = _value_counts(scores)
    return tuple(bins.get(number, 0) for number in range(SCORE_BINS)) if bins else ()


def _value_counts(values: pa.ChunkedArray) -> dict[int, int]:
    counted = pc.value_counts(values.drop_null())
    return dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))


def _paired(rows: pa.Table, query: LiveQuery) -> PairedCounts:
    """Copies beside the answers to their originals; the labels are those of the copies."""
    own, _, copied = _masks(rows)
    answered = _answered(rows)
    originals, copies = (rows.filter(pc.and_(mask, answered)) for mask in (own, copied))
    both = copies.append_column("original", looked_up(copies["id"], originals["id"], originals["answer"]))
    both = both.filter(pc.is_valid(both["original"]))
    judged = both.filter(pc.is_valid(both["label"]))
    answers = {"answered": both.num_rows, "equal": _true(pc.equal(both["answer"], both["original"]))}
    if is_regression(query):
        gains = pc.subtract(
            _losses(judged["original"], judged["label"], query), _losses(judged["answer"], judged["label"], query)
        )
        squares = _sum(pc.multiply(gains, gains))
        return PairedCounts(**answers, labelled=judged.num_rows, gain=_sum(gains), gain_squares=squares)
    champion_right, copy_right = (pc.equal(judged[name], judged["label"]) for name in ("original", "answer"))
    return PairedCounts(
        **answers,
        labelled=judged.num_rows,
        both_right=_true(pc.and_(champion_right, copy_right)),
        only_champion_right=_true(pc.and_not(champion_right, copy_right)),
        only_challenger_right=_true(pc.and_not(copy_right, champion_right)),
        both_wrong=_true(pc.invert(pc.or_(champion_right, copy_right))),
    )
