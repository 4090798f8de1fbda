"""What a version of a back-test answers to the rows of each day, and the metric of it: each is predicted once."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from auto_retrain.adapters.memory.training_world import Outside
from auto_retrain.adapters.memory.tried_metrics import AnsweredDay, LoggedDay, Unanswered
from auto_retrain.comparison.predictions import Predictions as ComparedPredictions
from auto_retrain.comparison.version_metrics import VersionMetrics, positive_code
from auto_retrain.domain.errors import ArtifactInvalid, DataMissing
from auto_retrain.domain.errors import DataInvalid as CoreDataInvalid
from auto_retrain.domain.holdout_profile import HoldoutProfile
from auto_retrain.domain.labelled_days import SETTLING
from auto_retrain.domain.layouts import Layout
from auto_retrain.domain.manifest import FrozenWindow, columns_of, freeze_window, with_rows
from auto_retrain.domain.metric_kinds import ROW_METRIC
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.windows import Window as Days

from .asking import Predictions
from .data import LabelledRows, read_window
from .errors import DataInvalid, VersionUnusable
from .order import Columns, Window
from .score import predict, to_arrays
from .scored_answers import count_scores
from .storage import Storage
from .version_shelf import VersionShelf

# A frame of a week takes hardly longer to predict than that of a day.
DAYS_AT_ONCE = 7
# Of the days that were read last; another version asks for the same days soon.
MAX_ROWS_KEPT = 1_000_000
_DAY = timedelta(days=1)

# What the scores of a version meant on its holdout; None if nothing is kept of it.
ProfileOf = Callable[[str], HoldoutProfile | None]


class DailyAnswers:
    """The answers of versions to the labelled rows of days, as far as there are data, up to a last day."""

    def __init__(
        self,
        policy: Policy,
        metric: str | None,
        outside: Outside,
        storage: Storage,
        shelf: VersionShelf,
        end: date,
        profile_of: ProfileOf | None = None,
    ) -> None:
        """Scores are counted only with `profile_of`."""
        self._policy, self._metric, self._end = policy, metric, end
        self._profile_of = profile_of
        self._data, self._tables = outside.data, outside.tables
        self._storage, self._shelf = storage, shelf
        self._columns = Columns.model_validate_json(columns_of(policy.data).model_dump_json())
        self._row_metric = policy.validation.row_metric if metric == ROW_METRIC else None
        self._rows: OrderedDict[date, LabelledRows | Unanswered | None] = OrderedDict()
        self._known: dict[tuple[str, date], AnsweredDay | Unanswered | None] = {}

    def __call__(self, version: str, days: Sequence[date]) -> Mapping[date, AnsweredDay | Unanswered]:
        """Days without data are left out."""
        for day in days:
            if (version, day) not in self._known:
                ahead = (day + number * _DAY for number in range(DAYS_AT_ONCE))
                wanted = [each for each in ahead if each == day or each < self._end]
                self._count(version, [each for each in wanted if (version, each) not in self._known])
        return {day: answered for day in days if (answered := self._known[version, day])}

    def _count(self, version: str, days: Sequence[date]) -> None:
        read = {day: self._rows_of(day) for day in days}
        self._known |= {(version, day): None if isinstance(rows, LabelledRows) else rows for day, rows in read.items()}
        rows = {day: each for day, each in read.items() if isinstance(each, LabelledRows)}
        if rows:
            self._known |= {(version, day): answered for day, answered in self._answers(version, rows).items()}

    def _answers(self, version: str, rows: Mapping[date, LabelledRows]) -> Mapping[date, AnsweredDay | Unanswered]:
        try:
            answers = predict(self._shelf.load(version), _together(list(rows.values())), self._row_metric)
        except VersionUnusable as error:
            if len(rows) == 1:
                return dict.fromkeys(rows, Unanswered(str(error)))
            # Perhaps it is a single day that it cannot answer.
            return {day: self._answers(version, {day: of_day})[day] for day, of_day in rows.items()}
        ends = np.cumsum([of_day.labels.size for of_day in rows.values()]).tolist()
        starts = [0, *ends[:-1]]
        parts = {day: _part(answers, slice(*extent)) for day, *extent in zip(rows, starts, ends, strict=True)}
        profile = self._profile_of(version) if self._profile_of else None
        return {day: self._answered(part, rows[day], profile) for day, part in parts.items()}

    def _answered(
        self, answers: Predictions, rows: LabelledRows, profile: HoldoutProfile | None
    ) -> AnsweredDay | Unanswered:
        labelled, entities = int(rows.labels.size), rows.extra.get(self._columns.entity or "")
        try:
            value = self._value(answers, rows, self._metric)
            logged = self._logged(answers, rows, profile) if profile else None
        except DataInvalid as error:
            return Unanswered(str(error))
        return AnsweredDay(
            answered=labelled + rows.unlabelled,
            labelled=labelled,
            independent=_independent(entities) or float(labelled),
            value=value,
            logged=logged,
        )

    def _logged(self, answers: Predictions, rows: LabelledRows, profile: HoldoutProfile) -> LoggedDay:
        log = self._policy.logged_metric
        scores = count_scores(answers, rows.extra.get(self._columns.entity or ""), profile)
        return LoggedDay(self._value(answers, rows, log.name if log else None), scores)

    def _value(self, answers: Predictions, rows: LabelledRows, metric: str | None) -> float | None:
        if metric is None:
            return None
        arrays: dict[str, Any] = to_arrays({"": answers}, rows)[""]
        compared = ComparedPredictions(**arrays)
        try:
            positive = positive_code(compared, self._policy.data.positive_label)
        except ArtifactInvalid:
            return None  # nobody has this class on the day
        measured = VersionMetrics(compared, positive, compared.sample(0))
        return measured.value(metric) if measured.has(metric) else None

    def _rows_of(self, day: date) -> LabelledRows | Unanswered | None:
        """The labelled rows of a day, or why they cannot be read; None where it has no data."""
        if day not in self._rows:
            self._rows[day] = self._read(day)
            while len(self._rows) > 1 and sum(map(_size, self._rows.values())) > MAX_ROWS_KEPT:
                self._rows.popitem(last=False)
        return self._rows[day]

    def _read(self, day: date) -> LabelledRows | Unanswered | None:
        try:
            window = Window.model_validate_json(self._window(day).model_dump_json())
            extra = [self._columns.entity] if self._columns.entity else []
            return read_window(self._storage, self._columns, window, extra)
        except DataMissing:
            return None
        except (CoreDataInvalid, DataInvalid) as error:
            return Unanswered(str(error))

    def _window(self, day: date) -> FrozenWindow:
        data, days = self._policy.data, Days(start=day, end=day + _DAY)
        objects = self._data.list_partitions(data.prefix, days, Layout(data.layout), data.date_column)
        objects = self._tables.with_their_days(with_rows(objects, data.format)) if data.date_column else objects
        window = freeze_window("labelled", days, data, objects)
        if data.labels is None:
            return window
        late = days.end + timedelta(days=data.label_delay_days) + SETTLING
        arrived = Days(start=day, end=late)
        labels = self._data.list_partitions(data.labels.prefix, arrived, Layout(data.labels.layout))
        return window.changed(label_objects=tuple(with_rows(labels, data.labels.format)))


def _size(rows: LabelledRows | Unanswered | None) -> int:
    return rows.labels.size if isinstance(rows, LabelledRows) else 0


def _together(rows: Sequence[LabelledRows]) -> LabelledRows:
    """The rows of several days as one frame."""
    first, *others = rows
    if not others:
        return first
    return replace(
        first,
        row_ids=np.concatenate([each.row_ids for each in rows]),
        features=pd.concat([each.features for each in rows], ignore_index=True),
        labels=np.concatenate([each.labels for each in rows]),
        unlabelled=sum(each.unlabelled for each in rows),
        extra={},
    )


def _part(answers: Predictions, rows: slice) -> Predictions:
    scores, measured = answers.scores, answers.row_metric
    return Predictions(
        answers.predicted[rows],
        answers.classes,
        None if scores is None else scores[rows],
        None if measured is None else measured[rows],
    )


def _independent(entities: Any) -> float | None:
    """How many rows tell as much as these, as if all of an entity were alike; one without an entity is one by itself.

    Source: L. Kish, "Survey Sampling" (1965): (sum of sizes)² / (sum of their squares).
    """
    if entities is None:
        return None
    sizes = np.unique(entities[entities != ""], return_counts=True)[1].astype(float)
    return float(entities.size**2 / ((sizes**2).sum() + np.count_nonzero(entities == "")))
