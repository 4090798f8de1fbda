"""The days of one version's scores: kept in a document, and completed from the log's files."""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta

import pyarrow as pa
from pydantic import ValidationError

from ...domain.errors import ArtifactInvalid, AutoRetrainError, DataInvalid
from ...domain.holdout_profile import HoldoutProfile
from ...domain.labelled_days import SETTLING, start_of
from ...domain.manifest import DataObject
from ...domain.metric_reading import MetricQuery
from ...domain.policy.metric import PredictionLogMetric
from ...domain.scored_days import ScoredDay, ScoredDays, scored_days_key
from ...domain.windows import Window, utc_days
from ...ports import Clock, DataStore
from ..live.log_days import files_of_day
from ..live.log_files import holds_rows
from ..live.log_scores import count_scores
from .file_digest import digest_of

_DAY = timedelta(days=1)
# Of 400 days with 100 groups.
_MAX_BYTES = 4 << 20
_LOG = logging.getLogger(__name__)


class CountedScores:
    """The days that some queries about one version ask for, counted until a moment."""

    def __init__(
        self,
        queries: Sequence[MetricQuery],
        profile: HoldoutProfile,
        data: DataStore,
        clock: Clock,
        until: datetime,
    ) -> None:
        metric = queries[0].metric
        assert isinstance(metric, PredictionLogMetric)
        self._queries, self._profile, self._data, self._clock, self._until = queries, profile, data, clock, until
        self._prefix = metric.prefix_of(profile.model_name)
        self._key = scored_days_key(profile, self._prefix)

    def complete(self) -> dict[date, ScoredDay]:
        """What is known of each day; one that could not be counted in time is missing.

        Raises DataUnavailable and AwsRefused of the data store.
        """
        kept = self._kept()
        known = {each.day: each for each in kept.days}
        due = sorted({day for query in self._queries for day in utc_days(query.start, query.end)})
        open_days = [day for day in due if day not in known or not known[day].is_final]
        if not open_days:
            return known
        files, fresh = self._files(open_days[0], open_days[-1]), dict[date, ScoredDay]()
        try:
            for day in open_days:
                if self._clock.now() >= self._until:
                    break
                fresh[day] = self._day(day, files, known.get(day))
        finally:
            # What was counted before a file could not be read is not counted again.
            if any(known.get(day) != each for day, each in fresh.items()):
                self._keep(kept.with_days(fresh))
        return known | fresh

    def _kept(self) -> ScoredDays:
        """A document that is missing, or that something else wrote, is written anew."""
        with suppress(ArtifactInvalid, ValidationError):
            return ScoredDays.model_validate_json(self._data.read(self._data.uri(self._key), _MAX_BYTES))
        return ScoredDays()

    def _keep(self, days: ScoredDays) -> None:
        """Somebody who may read but not write counts the same days each time, and is right all the same."""
        try:
            self._data.write(self._key, days.model_dump_json().encode())
        except AutoRetrainError as error:
            _LOG.warning("counted scores of %s are not kept: %s", self._profile.model_name, error)

    def _files(self, first: date, last: date) -> Mapping[date, Sequence[DataObject]]:
        """One listing, with the day after, whose first hour may have late rows."""
        files: dict[date, list[DataObject]] = defaultdict(list)
        for item in self._data.list_partitions(self._prefix, Window(start=first, end=last + 2 * _DAY)):
            files[item.date].append(item)
        return files

    def _day(self, day: date, files: Mapping[date, Sequence[DataObject]], before: ScoredDay | None) -> ScoredDay:
        items = [item for item in files_of_day(day, files) if holds_rows(item.name)]
        digest, is_over = digest_of(items), self._clock.now() >= start_of(day) + _DAY + SETTLING
        if before and before.files == digest:
            return before.changed(settled=is_over)
        try:
            counts = count_scores(day, items, self._profile, self._data)
        except (DataInvalid, pa.ArrowException) as error:
            return ScoredDay(day=day, files=digest, problem=str(error))
        return ScoredDay(day=day, files=digest, counts=counts, settled=is_over)
