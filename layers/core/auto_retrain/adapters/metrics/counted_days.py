"""The counted days of one model's prediction log: kept in a document, and completed from the log's files."""

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from itertools import pairwise

import pyarrow as pa
from pydantic import ValidationError

from ...domain.errors import ArtifactInvalid, AutoRetrainError, DataInvalid, MetricsUnavailable
from ...domain.labelled_days import SETTLING, LabelledDay, LabelledDays, way_of_reading
from ...domain.layouts import Layout
from ...domain.manifest import DataObject
from ...domain.metric_kinds import OF_SQUARES, Task
from ...domain.metric_reading import MetricQuery
from ...domain.policy.metric import PredictionLogMetric
from ...domain.windows import Window, utc_days
from ...ports import Clock, DataStore
from ..live.log_days import AskedLog, count_day, files_of_day
from ..live.log_files import holds_rows
from .file_digest import digest_of

_DAY = timedelta(days=1)
# Of 400 days with 50 versions each.
_MAX_BYTES = 4 << 20
_LOG = logging.getLogger(__name__)

Files = Mapping[date, Sequence[DataObject]]


def document_key(query: MetricQuery) -> str:
    """Where the counted days of a model are kept: elsewhere if they are counted in another way."""
    metric, data = query.metric, query.data
    assert isinstance(metric, PredictionLogMetric)
    assert data is not None
    return f"quality/{query.model_name}/{way_of_reading(metric, data)}.json"


class CountedDays:
    """The days that some queries for one log ask for: `load` what is kept, then `complete` it, both until a moment."""

    def __init__(self, queries: Sequence[MetricQuery], data: DataStore, clock: Clock, until: datetime) -> None:
        self.queries, self._data, self._clock, self._until = queries, data, clock, until
        query = queries[0]
        assert isinstance(query.metric, PredictionLogMetric)
        assert query.data is not None
        self._metric, self._policy, self._model = query.metric, query.data, query.model_name
        self._key = document_key(query)
        self._end = max(query.end for query in queries)
        self._kept = LabelledDays()

    def load(self) -> None:
        """Read the document; one that is missing, or that something else wrote, is written anew.

        Raises DataUnavailable and AwsRefused of the data store, as `complete` does, and MetricsUnavailable if the time
        is over: a store that hangs with each model must leave time for others.
        """
        if self._clock.now() >= self._until:
            raise MetricsUnavailable("there was no time left to read what is known of the prediction log")
        with suppress(ArtifactInvalid, ValidationError):
            content = self._data.read(self._data.uri(self._key), _MAX_BYTES)
            self._kept = LabelledDays.model_validate_json(content)

    def complete(self) -> dict[date, LabelledDay]:
        """What is known of each day; one that could not be counted in time is missing."""
        known = {each.day: each for each in self._kept.days}
        due = sorted({day for query in self.queries for day in utc_days(query.start, query.end)})
        share = self._policy.min_label_share
        stale = [day for day in due if day not in known or not known[day].is_current(self._end, share)]
        fresh: dict[date, LabelledDay] = {}
        try:
            for run in _runs(stale):
                self._look_at(run, known, fresh)
        finally:
            # What was counted before a file could not be read is not counted again.
            if any(known.get(day) != each for day, each in fresh.items()):
                self._keep(self._kept.with_days(fresh))
        return known | fresh

    def _keep(self, days: LabelledDays) -> None:
        """Somebody who may read but not write counts the same days each time, and is right all the same."""
        try:
            self._data.write(self._key, days.model_dump_json().encode())
        except AutoRetrainError as error:
            _LOG.warning("counted days of %s are not kept: %s", self._model, error)

    def _look_at(self, days: Sequence[date], known: Mapping[date, LabelledDay], fresh: dict[date, LabelledDay]) -> None:
        """Days without a gap: one listing of the log, and one of the labels."""
        if self._clock.now() >= self._until:
            return
        late = self._policy.label_delay_days * _DAY + SETTLING
        place = self._policy.place_of_labels
        log = self._listed(days[0], days[-1] + _DAY, self._metric.prefix_of(self._model))
        labels = self._listed(days[0], days[-1] + late, place.prefix, place.layout, place.date_column)
        for day in days:
            if self._clock.now() >= self._until:
                return
            files = [item for item in files_of_day(day, log) if holds_rows(item.name)]
            with_labels = [item for number in range(late.days + 1) for item in labels.get(day + number * _DAY, ())]
            fresh[day] = self._day(day, files, with_labels, known.get(day))

    def _listed(
        self, first: date, last: date, prefix: str, layout: Layout = Layout.DATE, date_column: str | None = None
    ) -> Files:
        files: dict[date, list[DataObject]] = defaultdict(list)
        for item in self._data.list_partitions(prefix, Window(start=first, end=last + _DAY), layout, date_column):
            files[item.date].append(item)
        return files

    def _day(
        self, day: date, files: Sequence[DataObject], labels: Sequence[DataObject], before: LabelledDay | None
    ) -> LabelledDay:
        digest = digest_of((*files, *labels))
        if before and before.files == digest:
            return before.changed(known_until=max(before.known_until, self._end))
        counted = {"day": day, "files": digest, "known_until": self._end}
        try:
            return LabelledDay(**counted, versions=count_day(day, files, labels, self._asked(), self._data))
        except (DataInvalid, pa.ArrowException, ValidationError) as error:
            is_number = isinstance(error, ValidationError)
            return LabelledDay(**counted, problem="its sums are not finite numbers" if is_number else str(error))

    def _asked(self) -> AskedLog:
        are_numbers = self._policy.task is Task.REGRESSION
        labels, squares = self._policy.place_of_labels, self._metric.name in OF_SQUARES
        return AskedLog(self._model, self._metric.label_key, labels, are_numbers, squares)


def _runs(days: Collection[date]) -> list[list[date]]:
    """Sorted days in parts without gaps."""
    ordered = sorted(days)
    gaps = [number for number, (one, next_one) in enumerate(pairwise(ordered), start=1) if next_one - one > _DAY]
    return [ordered[start:end] for start, end in pairwise([0, *gaps, len(ordered)])] if ordered else []
