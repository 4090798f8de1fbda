"""A metric from the prediction log and its labels, in whole UTC days; each is counted when its labels are due."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from ...domain.errors import AutoRetrainError, MetricsUnavailable, TransientError
from ...domain.labelled_days import read_days
from ...domain.metric_reading import MetricQuery, MetricReading
from ...ports import Clock, DataStore
from .counted_days import CountedDays, document_key

# A pass over many models must end in time; what was not counted by then is counted by the next ones.
COUNTING_TIME = timedelta(seconds=120)
# Of documents, which are small.
_PARALLEL_READS = 16


class PredictionLogMetricSource:
    """MetricSource on the log's files. What was counted is kept in one document for each model.

    A model whose files cannot be read is a problem of its own; only if none can be is the source away.
    """

    def __init__(self, data: DataStore, clock: Clock, counting_time: timedelta = COUNTING_TIME) -> None:
        self._data, self._clock, self._counting_time = data, clock, counting_time

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        until, groups = self._clock.now() + self._counting_time, _by_log(queries)
        logs = [
            CountedDays([queries[number] for number in numbers], self._data, self._clock, until) for numbers in groups
        ]
        with ThreadPoolExecutor(_PARALLEL_READS) as pool:
            failures = list(pool.map(_load, logs))
        answers = [_answer(log, failure) for log, failure in zip(logs, failures, strict=True)]
        away = [failure for _, failure in answers if isinstance(failure, TransientError)]
        if away and len(away) == len(groups):
            raise MetricsUnavailable(str(away[0])) from away[0]
        readings = {
            number: reading
            for numbers, (of_log, _) in zip(groups, answers, strict=True)
            for number, reading in zip(numbers, of_log, strict=True)
        }
        return [readings[number] for number in range(len(queries))]


def _load(log: CountedDays) -> AutoRetrainError | None:
    """What kept a document from being read, if anything did."""
    try:
        log.load()
    except AutoRetrainError as error:
        return error
    return None


def _answer(log: CountedDays, failure: AutoRetrainError | None) -> tuple[list[MetricReading], AutoRetrainError | None]:
    """The readings of one log, and what kept it from being read, if anything did."""
    try:
        if failure:
            raise failure
        known = log.complete()
    except AutoRetrainError as error:
        return [MetricReading(value=None, problem=str(error)) for _ in log.queries], error
    return [read_days(query, known) for query in log.queries], None


def _by_log(queries: Sequence[MetricQuery]) -> list[list[int]]:
    """Indexes of the queries that are answered from the same days."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, query in enumerate(queries):
        groups[document_key(query)].append(number)
    return list(groups.values())
