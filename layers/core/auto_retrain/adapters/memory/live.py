"""Live counts in memory: given ones, or counted from logged rows one by one."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ...domain.canonical_text import canonical_text
from ...domain.live import SCORE_BINS, ArmCounts, LiveCounts, LiveQuery, PairedCounts, latency_bucket
from ...domain.metric_kinds import Task

Row = Mapping[str, Any]


class MemoryLiveSource:
    """LiveSource that gives the counts set for a model; for other models it counts `rows`, as the log's columns.

    `labels` are by model, then by the key that the policy joins labels by.
    """

    def __init__(self) -> None:
        self.counts: dict[str, LiveCounts] = {}
        self.rows: list[Row] = []
        self.labels: dict[str, dict[str, Any]] = {}

    def read(self, queries: Sequence[LiveQuery]) -> list[LiveCounts]:
        return [self.counts.get(query.policy.model) or self._count(query) for query in queries]

    def _count(self, query: LiveQuery) -> LiveCounts:
        step = [row for row in map(_without_empty_texts, self.rows) if _is_of_step(row, query)]
        known = [row for row in step if row["version"] in (query.champion, query.challenger)]
        past = [row for row in known if row["predicted_at"] < query.end]
        wanted = [row for row in past if row["served"] or row["version"] == query.challenger]
        once = list(_each_once(wanted))
        champion = [row for row in once if row["served"] and row["version"] == query.champion]
        challenger = [row for row in once if row["served"] and row["version"] == query.challenger]
        copies = [row for row in once if not row["served"]]
        labels = _Labels(query, self.labels.get(query.policy.model, {}))
        since = max(_began(champion), _began(challenger)) if champion and challenger else query.end
        return LiveCounts(
            champion=labels.arm(champion, since),
            challenger=labels.arm(challenger, since),
            copies=labels.arm(copies, query.start),
            paired=labels.paired(champion, copies),
            newest_at=max((row["predicted_at"] for row in past), default=None),
            dropped=len(step) - len(past) + len(wanted) - len(once),
        )


class _Labels:
    """Judges rows by the labels that are due at the end of a query."""

    def __init__(self, query: LiveQuery, labels: Mapping[str, Any]) -> None:
        self._policy = query.policy
        self._labels = {canonical_text(key): _value(label) for key, label in labels.items()}
        self._due = query.end - timedelta(days=query.policy.data.label_delay_days)

    def arm(self, rows: list[Row], since: datetime) -> ArmCounts:
        mature = [row for row in rows if since <= row["predicted_at"] < self._due and _answered(row)]
        judged = [row for row in mature if self._label(row) is not None]
        losses = [self._loss(row, row) for row in judged] if self._is_regression else []
        values = self._business(rows)
        entities = [row["entity_id"] for row in rows if row.get("entity_id") is not None]
        return ArmCounts(
            requests=len(rows),
            entities=len(set(entities)) + len(rows) - len(entities),
            **_sizes(rows),
            errors=sum(map(_failed, rows)),
            latencies=Counter(
                latency_bucket(row["latency_ms"])
                for row in rows
                if row.get("latency_ms") is not None and not _failed(row)
            ),
            mature=len(mature),
            labelled=len(judged),
            good=0 if self._is_regression else sum(self._is_right(row, row) for row in judged),
            loss=math.fsum(losses),
            loss_squares=math.fsum(loss * loss for loss in losses),
            scores=_scores(row["score"] for row in rows if row.get("score") is not None),
            business=math.fsum(values),
            business_squares=math.fsum(value * value for value in values),
            business_rows=len(values),
        )

    def _business(self, rows: list[Row]) -> list[float]:
        if not self._policy.deployment.analysis.business_metric.enabled:
            return []
        values = (row.get("business_value") for row in rows)
        return [float(value) for value in values if value is not None and math.isfinite(value)]

    def paired(self, champion: list[Row], copies: list[Row]) -> PairedCounts:
        originals = {row["prediction_id"]: row for row in champion if _answered(row)}
        both = [row for row in copies if _answered(row) and row["prediction_id"] in originals]
        pairs = [(originals[row["prediction_id"]], row) for row in both]
        judged = [
            (own, copy) for own, copy in pairs if copy["predicted_at"] < self._due and self._label(copy) is not None
        ]
        gains = [self._loss(own, copy) - self._loss(copy, copy) for own, copy in judged] if self._is_regression else []
        right = (
            Counter()
            if gains
            else Counter((self._is_right(own, copy), self._is_right(copy, copy)) for own, copy in judged)
        )
        return PairedCounts(
            answered=len(pairs),
            equal=sum(_value(own["prediction"]) == _value(copy["prediction"]) for own, copy in pairs),
            both_right=right[True, True],
            only_champion_right=right[True, False],
            only_challenger_right=right[False, True],
            both_wrong=right[False, False],
            labelled=len(judged),
            gain=math.fsum(gains),
            gain_squares=math.fsum(gain * gain for gain in gains),
        )

    @property
    def _is_regression(self) -> bool:
        return self._policy.data.task is Task.REGRESSION

    def _label(self, row: Row) -> Any:
        key = row.get(getattr(self._policy.deployment.requests, "label_key", "prediction_id"))
        return None if key is None else self._labels.get(canonical_text(key))

    def _is_right(self, row: Row, labelled: Row) -> bool:
        return bool(_value(row["prediction"]) == self._label(labelled))

    def _loss(self, row: Row, labelled: Row) -> float:
        error = abs(float(row["prediction"]) - float(self._label(labelled)))
        return error * error if self._policy.primary_metric in ("rmse", "r2") else error


def _sizes(rows: list[Row]) -> dict[str, int]:
    """Sums over entities of the squares and products of their requests and errors; a row that names none is one."""
    entities = [row.get("entity_id") or number for number, row in enumerate(rows)]
    requests = Counter(entities)
    errors = Counter(entity for entity, row in zip(entities, rows, strict=True) if _failed(row))
    return {
        "entity_squares": sum(times**2 for times in requests.values()),
        "error_squares": sum(times**2 for times in errors.values()),
        "error_products": sum(times * requests[entity] for entity, times in errors.items()),
    }


def _without_empty_texts(row: Row) -> Row:
    """A program without a null writes an empty text; only as a prediction it may mean something."""
    return {name: None if value == "" and name != "prediction" else value for name, value in row.items()}


def _is_of_step(row: Row, query: LiveQuery) -> bool:
    is_own = row["model"] == query.policy.model and row.get("rollout_id") in (None, query.rollout_id)
    is_of_step = row.get("step") in (None, query.step)
    return is_own and is_of_step and row["predicted_at"] >= query.start


def _each_once(rows: Iterable[Row]) -> Iterable[Row]:
    first: dict[tuple[str, bool], Row] = {}
    for row in sorted(rows, key=lambda row: row["predicted_at"]):
        first.setdefault((row["prediction_id"], row["served"]), row)
    return first.values()


def _began(rows: list[Row]) -> datetime:
    first: datetime = min(row["predicted_at"] for row in rows)
    return first


def _failed(row: Row) -> bool:
    return row.get("error") is not None


def _answered(row: Row) -> bool:
    return not _failed(row) and row.get("prediction") is not None


def _value(answer: Any) -> str:
    return canonical_text(str(answer))


def _scores(scores: Iterable[float]) -> tuple[int, ...]:
    bins = Counter(min(int(score * SCORE_BINS), SCORE_BINS - 1) for score in scores)
    return tuple(bins[number] for number in range(SCORE_BINS)) if bins else ()
