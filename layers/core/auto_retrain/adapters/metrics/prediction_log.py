"""A metric from the prediction log and its labels, in whole UTC days; each is counted when its labels are due."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

from ...domain.errors import AutoRetrainError, MetricsUnavailable, TransientError
from ...domain.labelled_days import read_days
from ...domain.metric_reading import MetricQuery, MetricReading
from ...ports import Clock, DataStore
from .counted_days import CountedDays, document_key

# A pass over many models must end in time; what was not counted by then is counted by the next ones.
COUNTING_TIME = timedelta(seconds=120)


class PredictionLogMetricSource:
    """MetricSource on the log's files. What was counted is kept in one document for each model.

    A model whose files cannot be read is a problem of its own; only if none can be is the source away.
    """

    def __init__(self, data: DataStore, clock: Clock) -> None:
        self._data, self._clock = data, clock

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        until, readings = self._clock.now() + COUNTING_TIME, dict[int, MetricReading]()
        failures: list[TransientError] = []
        groups = _by_log(queries)
        for numbers in groups:
            asked = [queries[number] for number in numbers]
            try:
                counted = CountedDays(asked, self._data, self._clock, until).known()
                answers = [read_days(query, counted) for query in asked]
            except AutoRetrainError as error:
                failures += [error] if isinstance(error, TransientError) else []
                answers = [MetricReading(value=None, problem=str(error)) for _ in asked]
            readings.update(zip(numbers, answers, strict=True))
        if failures and len(failures) == len(groups):
            raise MetricsUnavailable(str(failures[0])) from failures[0]
        return [readings[number] for number in range(len(queries))]


def _by_log(queries: Sequence[MetricQuery]) -> list[list[int]]:
    """Indexes of the queries that are answered from the same days."""
    groups: dict[str, list[int]] = defaultdict(list)
    for number, query in enumerate(queries):
        groups[document_key(query)].append(number)
    return list(groups.values())
