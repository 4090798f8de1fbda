"""MetricSource on a prediction log, in memory and in S3: labels judge the answers of whole days, version by version."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from math import sqrt
from typing import IO, Any

import pandas as pd
import pytest

from auto_retrain.adapters.data.s3 import S3DataStore
from auto_retrain.adapters.memory.data import MemoryDataStore
from auto_retrain.adapters.memory.outside import MemoryClock
from auto_retrain.adapters.metrics.counted_days import document_key
from auto_retrain.adapters.metrics.prediction_log import COUNTING_TIME, PredictionLogMetricSource
from auto_retrain.domain.errors import AwsRefused, DataUnavailable, MetricsUnavailable
from auto_retrain.domain.labelled_days import RETRY, SETTLING
from auto_retrain.domain.manifest import DataObject
from auto_retrain.domain.metric_reading import MetricQuery, MetricReading
from auto_retrain.domain.policy.metric import PredictionLogMetric
from auto_retrain.domain.prediction_log import partition_of
from auto_retrain.domain.windows import Window
from auto_retrain.ports import DataStore
from tests.aws_clients import REGION, aws_client
from tests.contracts.ports.logged import a_row, as_json_lines, as_parquet, logged_policy

DAY = timedelta(days=1)
FIRST = datetime(2026, 3, 1, tzinfo=UTC)
LOG, LABELS = "predictions/model=churn", "labels/churn"

Rows = Sequence[Mapping[str, Any]]


class Counting:
    """A DataStore that counts the calls of each kind, and may be away."""

    def __init__(self, inner: DataStore) -> None:
        self._inner, self.calls, self.is_away = inner, Counter[str](), False

    def list_partitions(self, prefix: str, window: Window, *how: Any) -> list[DataObject]:
        self._count("list")
        return self._inner.list_partitions(prefix, window, *how)

    def open(self, item: DataObject) -> IO[bytes]:
        self._count("open")
        return self._inner.open(item)

    def read(self, uri: str, max_bytes: int) -> bytes:
        self._count("read")
        return self._inner.read(uri, max_bytes)

    def write(self, key: str, content: bytes) -> str:
        self._count("write")
        return self._inner.write(key, content)

    def uri(self, key: str) -> str:
        return self._inner.uri(key)

    def _count(self, kind: str) -> None:
        self.calls[kind] += 1
        if self.is_away:
            raise DataUnavailable("S3 did not answer")


class World:
    """A log with labels, and the source that reads both."""

    def __init__(self, data: DataStore, put: Any, suffix: str) -> None:
        self.data: Any = Counting(data)
        self._put, self._suffix, self._files = put, suffix, 0
        self.clock = MemoryClock(FIRST + 60 * DAY)
        self.source = PredictionLogMetricSource(self.data, self.clock)

    def log(self, rows: Rows, folder: str | None = None) -> None:
        """Files with these rows, under the hours in which they were answered."""
        by_hour: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            by_hour.setdefault(folder or partition_of(row["predicted_at"]), []).append(row)
        write = as_parquet if self._suffix == ".parquet" else as_json_lines
        for partition, part in by_hour.items():
            self.put(f"{LOG}/{partition}", write(part), self._suffix)

    def put(self, folder: str, content: bytes, suffix: str = ".parquet") -> None:
        prefix, _, rest = folder.partition("/date=")
        self._files += 1
        self._put(
            prefix, date.fromisoformat(rest[:10]), f"{rest[11:]}/part-{self._files:03}{suffix}".lstrip("/"), content
        )

    def label(self, labels: Mapping[str, Any], day: int = 0) -> None:
        frame = pd.DataFrame({"id": list(labels), "label": list(labels.values())})
        self.put(f"{LABELS}/date={(FIRST + day * DAY).date()}", frame.to_parquet())

    def read(self, version: str = "1", start: int = 0, end: int = 1, **data: Any) -> MetricReading:
        return self.source.read([a_query(version, start, end, **data)])[0]


def a_query(version: str = "1", start: int = 0, end: int = 1, name: str = "accuracy", **data: Any) -> MetricQuery:
    policy = logged_policy(**data)
    metric = PredictionLogMetric(source="prediction_log", name=name)
    window = {"start": FIRST + start * DAY, "end": FIRST + end * DAY}
    return MetricQuery(model_name="churn", version=version, metric=metric, data=policy.data, **window)


def answer(number: int, version: str = "1", day: float = 0.5, **changes: Any) -> dict[str, Any]:
    return a_row(number, version, predicted_at=FIRST + day * DAY, **changes)


def open_world(request: pytest.FixtureRequest) -> World:
    """A world in memory, or in S3 with the other kind of file, as the fixture's parameter says."""
    if request.param == "memory":
        memory = MemoryDataStore()
        return World(
            memory, lambda prefix, day, name, content: memory.add_partition(prefix, day, content, name), ".parquet"
        )
    request.getfixturevalue("aws")
    client = aws_client("s3")
    for bucket in ("data", "artifacts"):
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    def put(prefix: str, day: date, name: str, content: bytes) -> None:
        client.put_object(Bucket="data", Key=f"{prefix}/date={day}/{name}", Body=content)

    # Both kinds are read alike, which the suite of LiveSource shows.
    return World(S3DataStore(client, "data", "artifacts"), put, ".jsonl.gz")


@pytest.fixture(params=["memory", "s3"])
def world(request: pytest.FixtureRequest) -> World:
    return open_world(request)


def test_labels_judge_the_answers_of_each_version(world: World) -> None:
    world.log([answer(number, "1" if number < 10 else "2") for number in range(20)])
    labels = {f"p-{number}": "no" if number in (3, 12, 13) else "yes" for number in range(20)}
    world.label(labels)
    one, two = (world.read(version) for version in "12")
    assert (one.value, one.rows, one.by_day, one.label_share) == (0.9, 10, ((0.9, 10.0),), 1.0)
    assert (two.value, two.rows, two.problem) == (0.8, 10, None)
    assert (one.points, one.newest_at, one.day_numbers) == (1, FIRST + DAY, (0,))


def test_each_day_is_a_point_and_one_without_answers_is_none(world: World) -> None:
    world.log([answer(number, day=day + 0.5) for number, day in enumerate((0, 0, 2, 2))])
    world.label({"p-0": "yes", "p-1": "no", "p-2": "yes", "p-3": "yes"}, day=2)
    reading = world.read(end=4)
    assert reading.by_day == ((0.5, 2.0), (1.0, 2.0))
    assert (reading.day_numbers, reading.newest_at, reading.value) == ((0, 2), FIRST + 3 * DAY, 0.75)


def test_a_version_that_never_answered_has_no_value_and_no_problem(world: World) -> None:
    world.log([answer(1)])
    reading = world.read("7")
    assert (reading.value, reading.points, reading.problem) == (None, 0, None)


def test_without_labels_nothing_is_known_and_the_share_says_so(world: World) -> None:
    world.log([answer(number) for number in range(4)])
    reading = world.read()
    assert (reading.value, reading.label_share) == (None, 0.0)
    world.label({"p-0": "yes"}, day=3)
    assert world.read(end=5).label_share == 0.25


def test_labels_may_be_joined_by_the_id_of_the_row_and_be_the_labelled_data_themselves(world: World) -> None:
    world.log([answer(1), answer(2)])
    frame = pd.DataFrame({"id": ["r-1", "r-2"], "left": ["yes", "no"]})
    world.put(f"churn/date={FIRST.date()}", frame.to_parquet())
    query = a_query(labels=None)
    query = query._replace(metric=query.metric.changed(label_key="row_id"))
    assert world.source.read([query])[0].value == 0.5


def test_what_is_no_answer_of_this_day_and_model_is_left_out(world: World) -> None:
    rows = [
        answer(1),
        answer(2, error="timeout", prediction=None),
        answer(3, served=False),
        answer(4, model="fraud"),
        answer(5, prediction=None),
    ]
    world.log([*rows, answer(6, day=1.01), answer(7, day=-0.01)], folder=partition_of(FIRST))
    world.label({f"p-{number}": "yes" for number in range(1, 8)})
    assert (world.read().rows, world.read().label_share) == (1, 1.0)


def test_of_repeated_ids_the_first_answer_counts(world: World) -> None:
    repeats = [answer(1, day=0.7, prediction="no"), answer(1, day=0.2), answer(1, "2", day=0.4, prediction="no")]
    world.log([*repeats, answer(2)])
    world.label({"p-1": "yes", "p-2": "yes"})
    assert (world.read().value, world.read().rows, world.read("2").value) == (1.0, 2, None)


def test_of_several_labels_the_last_counts_and_one_that_comes_late_enough_to_settle(world: World) -> None:
    world.log([answer(1), answer(2)])
    world.label({"p-1": "no"}, day=0)
    world.label({"p-1": "yes", "p-2": "yes"}, day=3)
    world.label({"p-1": "no", "p-2": "no"}, day=4)
    assert (world.read(end=9).value, world.read(end=9).rows) == (1.0, 2)


def test_of_many_files_of_labels_the_last_counts_and_an_empty_one_is_nothing(world: World) -> None:
    """More of them than are read at once."""
    world.log([answer(1)])
    for number in range(20):
        world.label({"p-1": "yes" if number == 19 else "no"})
    world.put(f"{LABELS}/date={FIRST.date()}", pd.DataFrame({"id": [], "label": []}, dtype="string").to_parquet())
    assert world.read().value == 1.0


def test_a_file_of_the_first_hour_after_a_day_may_hold_its_last_answers(world: World) -> None:
    late = f"date={(FIRST + DAY).date()}/hour=00"
    world.log([answer(1, day=0.999)], folder=late)
    world.log([answer(2, day=0.999)], folder=late.replace("00", "01"))
    world.label({"p-1": "yes", "p-2": "yes"})
    assert world.read().rows == 1


def test_the_rows_of_an_entity_are_alike(world: World) -> None:
    """Ann has six of the nine rows: together they tell as much as 81 / (36 + 1 + 1 + 1) independent ones."""
    world.log([answer(number, entity_id="ann" if number < 6 else None) for number in range(9)])
    world.label({f"p-{number}": "yes" if number < 6 else "no" for number in range(9)})
    reading = world.read()
    assert reading.value == pytest.approx(6 / 9)
    assert reading.by_day == ((pytest.approx(6 / 9), pytest.approx(81 / 39)),)
    assert reading.rows == 2


@pytest.mark.parametrize(("name", "values"), [("mae", (1.5, 4.0)), ("rmse", (sqrt(2.5), 4.0))])
def test_a_regression_is_judged_by_its_errors(world: World, name: str, values: tuple[float, float]) -> None:
    world.log([answer(1, prediction=3.0), answer(2, prediction=4.0), answer(3, day=1.5, prediction=1.0)])
    world.label({"p-1": 2.0, "p-2": 2.0, "p-3": 5.0}, day=1)
    reading = world.read(end=2, name=name, task="regression")
    assert [value for value, _ in reading.by_day] == [pytest.approx(value) for value in values]
    overall = sqrt((1 + 4 + 16) / 3) if name == "rmse" else 7 / 3
    assert (reading.value, reading.rows, reading.label_share) == (pytest.approx(overall), None, 1.0)
    assert reading.least_and_greatest == tuple(pytest.approx(value) for value in values)


def test_a_day_ends_at_midnight_in_utc_and_one_that_is_not_over_is_no_point_yet(world: World) -> None:
    world.log([answer(1), answer(2, day=1.2)])
    world.label({"p-1": "yes", "p-2": "yes"})
    query = a_query()._replace(start=FIRST + DAY / 2, end=FIRST + 1.5 * DAY)
    reading = world.source.read([query])[0]
    assert (reading.points, reading.rows, reading.newest_at) == (1, 1, query.end)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"schema_version": 7}, "'schema_version'"),
        ({"version": None}, "column 'version'"),
    ],
    ids=["a newer schema", "no version"],
)
def test_a_file_of_another_schema_makes_the_reading_unknown_until_it_is_repaired(
    world: World, row: dict[str, Any], sentence: str
) -> None:
    world.log([answer(1), answer(2, day=1.5)])
    world.label({"p-1": "yes", "p-2": "yes"}, day=1)
    world.log([answer(3, **row)])
    broken = world.read(end=2)
    assert broken.value is None
    assert broken.problem is not None
    assert sentence in broken.problem
    assert f"the prediction log of {FIRST.date()}" in broken.problem
    assert world.read(start=1, end=2).value == 1.0


def test_a_column_that_holds_something_else_than_versions_makes_the_reading_unknown(world: World) -> None:
    world.log([answer(number, f"commit-{number}") for number in range(60)])
    assert world.read().problem == (
        f"the prediction log of {FIRST.date()}: column 'version' has 60 different values; at most 50 are counted"
    )


def test_labels_that_cannot_be_read_make_the_reading_unknown(world: World) -> None:
    world.log([answer(1)])
    world.put(f"{LABELS}/date={FIRST.date()}", pd.DataFrame({"id": ["p-1"]}).to_parquet())
    problem = world.read().problem
    assert problem is not None
    assert "label" in problem


def test_each_day_is_read_when_its_labels_are_due_and_once_more_when_it_has_settled(world: World) -> None:
    """Two weeks of looks, six a day, at a log with one file of answers and one of labels a day."""
    for day in range(14):
        world.log([answer(day, day=day + 0.5)])
        world.label({f"p-{day}": "yes"}, day=day)
    world.data.calls.clear()
    for hour in range(24, 14 * 24 + 1, 4):
        query = a_query()._replace(end=FIRST + hour * DAY / 24, start=FIRST + max(hour - 24 * 7, 0) * DAY / 24)
        reading = world.source.read([query])[0]
        assert (reading.value, reading.problem) == (1.0, None)
    assert world.data.calls["list"] <= 2 * 2 * 14
    # A day with its four of labels, twice.
    assert world.data.calls["open"] <= 2 * 5 * 14
    assert world.data.calls["write"] <= 2 * 14


def test_what_has_settled_stays_and_what_has_not_is_counted_again(world: World) -> None:
    world.log([answer(1)])
    world.label({"p-1": "yes"})
    assert world.read(end=1).rows == 1
    world.log([answer(2)])
    world.label({"p-2": "no"})
    assert world.read(end=2).rows == 1
    settled = 1 + SETTLING // DAY
    assert (world.read(end=settled).rows, world.read(end=settled).value) == (2, 0.5)
    world.log([answer(3)])
    world.label({"p-3": "no"})
    assert world.read(end=settled + 1).rows == 2


def later(query: MetricQuery, hours: float) -> MetricQuery:
    return query._replace(end=query.end + hours * DAY / 24)


def test_a_day_without_labels_is_looked_at_again_until_some_have_come(world: World) -> None:
    query = a_query(end=20)
    world.log([answer(1)])
    assert world.source.read([query])[0].value is None
    world.label({"p-1": "yes"}, day=2)
    assert world.source.read([later(query, RETRY.seconds / 3600)])[0].value == 1.0


def test_a_day_whose_log_comes_late_is_counted(world: World) -> None:
    query = a_query(end=20)
    assert world.source.read([query])[0].value is None
    world.log([answer(1)])
    world.label({"p-1": "yes"})
    assert world.source.read([later(query, RETRY.seconds / 3600)])[0].value == 1.0


def test_a_day_that_lacks_labels_when_they_are_due_is_counted_again_before_it_settles(world: World) -> None:
    """But not at each look, however often files of labels come."""
    world.log([answer(number) for number in range(4)])
    world.label({"p-0": "no"})
    shares = []
    for hour in range(13):
        shares.append(world.source.read([later(a_query(), hour)])[0].label_share)
        world.label({"p-0": "no", **({f"p-{number}": "yes" for number in range(4)} if hour == 7 else {})})
    assert shares == [0.25] * 12 + [1.0]
    assert world.data.calls["list"] == 2 * 3


def test_a_day_with_enough_labels_is_not_listed_again_before_it_settles(world: World) -> None:
    world.log([answer(1)])
    world.label({"p-1": "yes"})
    for hour in range(0, 23, 2):
        assert world.source.read([later(a_query(), hour)])[0].value == 1.0
    assert (world.data.calls["list"], world.data.calls["open"]) == (2, 2)


def test_another_way_of_counting_begins_anew(world: World) -> None:
    world.log([answer(1)])
    world.label({"p-1": "yes", "r-1": "no"})
    assert world.read(end=9).value == 1.0
    query = a_query(end=9)
    assert world.source.read([query._replace(metric=query.metric.changed(label_key="row_id"))])[0].value == 0.0


def test_a_document_that_cannot_be_read_is_written_anew(world: World) -> None:
    world.log([answer(1)])
    world.label({"p-1": "yes"})
    world.data.write(document_key(a_query()), b'{"schema_version": 9, "weeks": []}')
    assert world.read().value == 1.0


def test_days_that_could_not_be_counted_in_time_are_counted_by_the_next_reads(world: World) -> None:
    for day in range(6):
        world.log([answer(day, day=day + 0.5)])
        world.label({f"p-{day}": "yes"}, day=day)
    opened = world.data.open

    def slowly(item: DataObject) -> IO[bytes]:
        world.clock.advance(COUNTING_TIME / 4)
        answer: IO[bytes] = opened(item)
        return answer

    world.data.open = slowly
    first = world.read(end=6)
    assert first.value is None
    assert first.problem is not None
    assert "of 6 days of the prediction log are not counted yet" in first.problem
    reads = 1
    while world.read(end=6).problem:
        reads += 1
    assert 1 < reads < 8
    assert world.read(end=6).points == 6


def test_a_source_that_is_away_says_so_and_keeps_what_it_knows(world: World) -> None:
    world.log([answer(1)])
    world.label({"p-1": "yes"})
    world.data.is_away = True
    with pytest.raises(MetricsUnavailable, match="S3 did not answer"):
        world.read()
    world.data.is_away = False
    assert world.read().value == 1.0


def test_a_document_as_it_is_stored_stays_readable(world: World) -> None:
    """Settled days are read from nowhere else, so another form of the document would have to read this one, too."""
    version = b'{"answered": 10, "labelled": 8, "independent": 8.0, "good": 6, "loss": 0.0}'
    day = (
        b'{"day": "2026-03-01", "files": "0a", "known_until": "2026-03-09T00:00:00Z", "versions": {"1": %b}}' % version
    )
    world.data.write(document_key(a_query()), b'{"schema_version": 1, "days": [%b]}' % day)
    reading = world.read()
    assert (reading.value, reading.rows, reading.label_share) == (0.75, 8, 0.8)
    assert world.data.calls["list"] == 0


def test_who_may_not_write_reads_the_same_numbers(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(key: str, content: bytes) -> str:
        raise AwsRefused("access denied")

    world.log([answer(1)])
    world.label({"p-1": "yes"})
    monkeypatch.setattr(world.data, "write", denied)
    assert [world.read().value for _ in range(2)] == [1.0, 1.0]


def test_a_store_that_hangs_with_each_model_is_not_asked_about_all_of_them(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hangs(uri: str, max_bytes: int) -> bytes:
        world.data.calls["read"] += 1
        world.clock.advance(COUNTING_TIME)
        raise DataUnavailable("S3 did not answer")

    monkeypatch.setattr(world.data, "read", hangs)
    with pytest.raises(MetricsUnavailable):
        world.source.read([a_query()._replace(model_name=f"gl-{number}") for number in range(200)])
    assert world.data.calls["read"] < 40
    assert world.data.calls["list"] == 0


def test_one_model_that_cannot_be_read_keeps_no_other_from_being_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.log([answer(1)])
    world.label({"p-1": "yes"})
    listed = world.data.list_partitions

    def away(prefix: str, window: Window, *how: Any) -> list[DataObject]:
        if "fraud" in prefix:
            raise DataUnavailable("S3 did not answer")
        files: list[DataObject] = listed(prefix, window, *how)
        return files

    monkeypatch.setattr(world.data, "list_partitions", away)
    churn, fraud = world.source.read([a_query(), a_query()._replace(model_name="fraud")])
    assert (churn.value, fraud.value, fraud.problem) == (1.0, None, "S3 did not answer")


def test_models_are_read_each_from_its_own_log(world: World) -> None:
    world.log([answer(1)])
    world.label({"p-1": "yes"})
    churn, fraud = world.source.read([a_query(), a_query()._replace(model_name="fraud")])
    assert (churn.value, fraud.value, fraud.problem) == (1.0, None, None)
