"""From the rows of a step to its counts."""

import math
from collections.abc import Callable
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from ...domain.errors import DataInvalid
from ...domain.live import SCORE_BINS, ArmCounts, LiveCounts, LiveQuery, PairedCounts
from ...domain.metric_kinds import OF_SQUARES
from .log_cells import looked_up, occurrences
from .log_rows import each_once, has_business, is_regression, labels_due, only

_COUNTED = ("served", "is_challenger", "failed", "entity", "score", "latency", "business")
_JUDGED = ["served", "is_challenger", "id", "answer", "key"]

WithLabels = Callable[[pa.Table], pa.Table]


def count(rows: pa.Table, of_others: int, query: LiveQuery, with_labels: WithLabels) -> LiveCounts:
    """The counts of both versions; labels that cannot be read are a problem of their own."""
    past = only(rows, pc.less(rows["at"], _moment(query.end)))
    # Nobody asks the champion for copies.
    wanted = only(past, pc.or_(past["served"], past["is_challenger"]))
    once = each_once(wanted)
    labelled, problem = _labelled(_mature(once, query), query, with_labels)
    arms = _by_arm(once.select([name for name in _COUNTED if name in once.schema.names]))
    champion, challenger, copies = (_arm(*each, query) for each in zip(arms, labelled, strict=True))
    return LiveCounts(
        champion=champion,
        challenger=challenger,
        copies=copies,
        paired=_paired(once, labelled[2], query) if copies.requests else PairedCounts(),
        newest_at=pc.max(past["at"]).as_py(),
        dropped=of_others + rows.num_rows - past.num_rows + wanted.num_rows - once.num_rows,
        label_problem=problem,
    )


def _moment(at: datetime) -> pa.Scalar:
    return pa.scalar(at, pa.timestamp("us", "UTC"))


def _by_arm(rows: pa.Table) -> list[pa.Table]:
    """The answers of the champion, those of the challenger, and its answers to copies."""
    return [rows.filter(mask) for mask in _masks(rows)]


def _masks(rows: pa.Table) -> list[pa.ChunkedArray]:
    served, of_challenger = rows["served"], rows["is_challenger"]
    return [pc.and_not(served, of_challenger), pc.and_(served, of_challenger), pc.invert(served)]


def _mature(rows: pa.Table, query: LiveQuery) -> pa.Table:
    """The answers whose label is due.

    Both versions are counted over the time in which both answered, so their labels have had as much time to come.
    """
    due = labels_due(query)
    own, of_challenger, copied = _masks(rows)
    begins = [pc.min(rows["at"].filter(mask)).as_py() for mask in (own, of_challenger)]
    both = due if None in begins else max(begins)
    in_time = pc.or_(copied, pc.greater_equal(rows["at"], _moment(both)))
    is_mature = pc.and_(pc.and_(in_time, pc.less(rows["at"], _moment(due))), _answered(rows))
    return only(rows.select([name for name in _JUDGED if name in rows.schema.names]), is_mature)


def _labelled(mature: pa.Table, query: LiveQuery, with_labels: WithLabels) -> tuple[list[pa.Table], str | None]:
    """The answers of each arm, each with its label, and what is wrong with the labels."""
    if not mature.num_rows:
        return _by_arm(_without_labels(mature)), None
    try:
        return _by_arm(with_labels(mature)), None
    except DataInvalid as error:
        return _by_arm(_without_labels(mature)), str(error)


def _without_labels(rows: pa.Table) -> pa.Table:
    return rows.append_column("label", pa.nulls(rows.num_rows, rows.schema.field("answer").type))


def _answered(rows: pa.Table) -> pa.ChunkedArray:
    return pc.and_(pc.invert(rows["failed"]), pc.is_valid(rows["answer"]))


def _arm(rows: pa.Table, mature: pa.Table, query: LiveQuery) -> ArmCounts:
    labelled = mature.filter(pc.is_valid(mature["label"]))
    losses = _losses(labelled["answer"], labelled["label"], query) if is_regression(query) else None
    values = rows["business"].drop_null() if has_business(query) else None
    entities, alone = occurrences(rows["entity"], rows["failed"]), rows["entity"].null_count
    failed_alone = _true(pc.and_(rows["failed"], rows["entity"].is_null()))
    return ArmCounts(
        requests=rows.num_rows,
        entities=entities.different + alone,
        entity_squares=entities.squares + alone,
        error_squares=entities.marked_squares + failed_alone,
        error_products=entities.products + failed_alone,
        errors=_true(rows["failed"]),
        latencies=_latencies(rows),
        mature=mature.num_rows,
        labelled=labelled.num_rows,
        good=_true(pc.equal(labelled["answer"], labelled["label"])) if losses is None else 0,
        loss=_sum(losses) if losses else 0.0,
        loss_squares=_sum(pc.multiply(losses, losses)) if losses else 0.0,
        scores=_scores(rows["score"]),
        business=_sum(values) if values else 0.0,
        business_squares=_sum(pc.multiply(values, values)) if values else 0.0,
        business_rows=len(values) if values else 0,
    )


def _true(flags: pa.ChunkedArray) -> int:
    return int(pc.sum(flags).as_py() or 0)


def _sum(numbers: pa.ChunkedArray) -> float:
    """The exact sum, rounded once, so that the order of the rows does not matter."""
    return math.fsum(numbers.to_pylist())


def _losses(answers: pa.ChunkedArray, labels: pa.ChunkedArray, query: LiveQuery) -> pa.ChunkedArray:
    errors = pc.abs(pc.subtract(answers, labels))
    return pc.multiply(errors, errors) if query.policy.primary_metric in OF_SQUARES else errors


def _latencies(rows: pa.Table) -> dict[int, int]:
    return dict(sorted(_value_counts(rows["latency"].filter(pc.invert(rows["failed"]))).items()))


def _scores(scores: pa.ChunkedArray) -> tuple[int, ...]:
    bins = _value_counts(scores)
    return tuple(bins.get(number, 0) for number in range(SCORE_BINS)) if bins else ()


def _value_counts(values: pa.ChunkedArray) -> dict[int, int]:
    counted = pc.value_counts(values.drop_null())
    return dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))


def _paired(rows: pa.Table, mature: pa.Table, query: LiveQuery) -> PairedCounts:
    """Copies beside the answers to their originals; the labels are those that were found for the copies."""
    champion, _, copies = _by_arm(rows.select(["id", "served", "is_challenger", "failed", "answer"]))
    originals = champion.filter(_answered(champion))
    both = _with_originals(copies.filter(_answered(copies)), originals)
    judged = _with_originals(mature.filter(pc.is_valid(mature["label"])), originals)
    answered = {"answered": both.num_rows, "equal": _true(pc.equal(both["answer"], both["original"]))}
    if is_regression(query):
        gains = pc.subtract(
            _losses(judged["original"], judged["label"], query), _losses(judged["answer"], judged["label"], query)
        )
        squares = _sum(pc.multiply(gains, gains))
        return PairedCounts(**answered, labelled=judged.num_rows, gain=_sum(gains), gain_squares=squares)
    champion_right, copy_right = (pc.equal(judged[name], judged["label"]) for name in ("original", "answer"))
    return PairedCounts(
        **answered,
        labelled=judged.num_rows,
        both_right=_true(pc.and_(champion_right, copy_right)),
        only_champion_right=_true(pc.and_not(champion_right, copy_right)),
        only_challenger_right=_true(pc.and_not(copy_right, champion_right)),
        both_wrong=_true(pc.invert(pc.or_(champion_right, copy_right))),
    )


def _with_originals(copies: pa.Table, originals: pa.Table) -> pa.Table:
    """The copies whose original was answered, with its answer."""
    both = copies.append_column("original", looked_up(copies["id"], originals["id"], originals["answer"]))
    return both.filter(pc.is_valid(both["original"]))
