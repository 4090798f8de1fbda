"""The scores in prediction logs, in whole UTC days, for estimates that need no labels."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import ValidationError

from ...domain.errors import ArtifactInvalid, ArtifactMissing, AutoRetrainError, MetricsUnavailable, TransientError
from ...domain.holdout_profile import HoldoutProfile
from ...domain.metric_reading import MetricQuery, MetricReading
from ...domain.scored_days import MAX_PROFILE_BYTES, profile_key, read_scores
from ...ports import Clock, DataStore, MetricSource
from ..groups import read_in_groups
from .scored_days import CountedScores

# For scores, and once more for their labels: a pass has to end in time, with all that the metrics themselves take.
ESTIMATING_TIME = timedelta(seconds=40)


class LoggedScoreSource:
    """MetricSource whose readings have scores. What was counted is kept, a document for each version.

    It never fails: what cannot be read is a problem of its reading, so that no estimate keeps a metric from being read.
    `labelled` answers what the labels say of the same answers.
    """

    def __init__(self, data: DataStore, clock: Clock, labelled: MetricSource) -> None:
        self._data, self._clock, self._labelled = data, clock, labelled

    def read(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        until = self._clock.now() + ESTIMATING_TIME
        readings = read_in_groups(
            queries, lambda query: (query.model_name, query.version), lambda _, alike: self._of_version(alike, until)
        )
        labels = [number for number, query in enumerate(queries) if query.asks == "scores_and_labels"]
        for number, labelled in zip(labels, self._labels([queries[each] for each in labels]), strict=True):
            scored = readings[number]
            readings[number] = labelled.changed(scores=scored.scores, problem=scored.problem or labelled.problem)
        return readings

    def _of_version(self, queries: Sequence[MetricQuery], until: datetime) -> list[MetricReading]:
        try:
            if self._clock.now() >= until:
                raise MetricsUnavailable("there was no time left to count the scores of the prediction log")
            profile = self._profile(queries[0])
            known = CountedScores(queries, profile, self._data, self._clock, until).complete()
        except AutoRetrainError as error:
            return [MetricReading(value=None, problem=str(error)) for _ in queries]
        return [read_scores(query, profile, known) for query in queries]

    def _labels(self, queries: Sequence[MetricQuery]) -> list[MetricReading]:
        try:
            return self._labelled.read(queries) if queries else []
        except TransientError as error:
            return [MetricReading(value=None, problem=str(error)) for _ in queries]

    def _profile(self, query: MetricQuery) -> HoldoutProfile:
        version = query.version
        if version is None:
            raise ArtifactInvalid("it is not known which version serves, until one is deployed")
        uri = self._data.uri(profile_key(query.model_name, version))
        try:
            return HoldoutProfile.model_validate_json(self._data.read(uri, MAX_PROFILE_BYTES), extra="ignore")
        except ArtifactMissing as error:
            raise ArtifactInvalid(
                f"nothing is kept of what the scores of version {version} meant on its holdout; "
                f"'auto-retrain estimate {query.model_name}' keeps it if a job validated this version"
            ) from error
        except ValidationError as error:
            raise ArtifactInvalid(
                f"'{uri}' is no holdout profile, or that of another release; "
                f"'auto-retrain estimate {query.model_name}' makes it anew"
            ) from error
