"""The prediction log in S3: whatever the files, the same rows give the same counts; another schema is a problem."""

import gzip
import io
import json
import math
import sys
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from auto_retrain.adapters.live import prediction_log
from auto_retrain.adapters.live.prediction_log import PredictionLogSource
from auto_retrain.adapters.memory.data import MemoryDataStore
from auto_retrain.adapters.memory.live import MemoryLiveSource
from auto_retrain.domain.live import LiveCounts, LiveQuery, latency_bucket
from auto_retrain.domain.manifest import DataObject
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.prediction_log import COLUMNS, SCHEMA_VERSION
from local.paths import ROOT
from tests.contracts.ports.logged import START, a_query, a_row, as_json_lines, as_parquet, logged_policy

PREFIX = "predictions/model=churn"
DAY = START.date()


def read(
    *files: bytes,
    suffix: str = ".parquet",
    policy: Policy | None = None,
    store: Any = None,
    query: LiveQuery | None = None,
) -> LiveCounts:
    store = store or MemoryDataStore()
    for number, content in enumerate(files):
        store.add_partition(PREFIX, DAY, content, f"hour=10/part-{number}{suffix}")
    return PredictionLogSource(store).read([query or a_query(policy)])[0]


Labels = list[tuple[str, str]]


@st.composite
def logs(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[int], list[Labels]]:
    """Rows with repeats, copies and rows of others, a file for each, and files of labels of some."""
    one = st.builds(
        a_row,
        number=st.integers(0, 6),
        version=st.sampled_from(["1", "2", "2", "3"]),
        minutes=st.sampled_from([-5, 1, 2, 3, 500, 5000]),
        served=st.booleans(),
        prediction=st.sampled_from(["yes", "no", None]),
        error=st.sampled_from([None, None, "timeout"]),
        entity_id=st.sampled_from([None, "ann", "bob"]),
        latency_ms=st.sampled_from([None, 0.7, 12.5, 990.0]),
        score=st.sampled_from([None, 0.05, 0.55, 0.95]),
    )
    rows = [dict(row) for row in draw(st.lists(one, max_size=14))]
    # Of one moment there is one row for each prediction, so that which is the first does not depend on its content.
    unique = {(row["prediction_id"], row["served"], row["predicted_at"]): row for row in rows}
    rows = list(unique.values())
    repeated = rows + draw(st.lists(st.sampled_from(rows), max_size=5)) if rows else rows
    shuffled = draw(st.permutations(repeated))
    files = [draw(st.integers(0, 2)) for _ in shuffled]
    label = st.tuples(st.sampled_from([f"p-{number}" for number in range(7)]), st.sampled_from(["yes", "no"]))
    return shuffled, files, draw(st.lists(st.lists(label, min_size=1, max_size=6), max_size=3))


@settings(deadline=None, max_examples=60)
@given(logs())
def test_any_files_order_and_repeats_give_the_counts_of_the_rows(
    log: tuple[list[dict[str, Any]], list[int], list[Labels]],
) -> None:
    rows, files, labels = log
    store, memory = MemoryDataStore(), MemoryLiveSource()
    for number in set(files):
        part = [row for row, file in zip(rows, files, strict=True) if file == number]
        write = (as_parquet, as_json_lines)[number % 2]
        store.add_partition(PREFIX, DAY, write(part), f"hour=10/part-{number}{('.parquet', '.jsonl.gz')[number % 2]}")
    for number, part in enumerate(labels):
        frame = pd.DataFrame(part, columns=["id", "label"])
        store.add_partition("labels/churn", DAY, frame.to_parquet(), f"part-{number}.parquet")
    memory.rows, memory.labels["churn"] = rows, dict(label for part in labels for label in part)
    source = PredictionLogSource(store)
    (counts,), (again,), (expected,) = source.read([a_query()]), source.read([a_query()]), memory.read([a_query()])
    assert counts == again
    assert counts.changed(label_rows=0) == expected
    assert_as_pandas(counts, rows)


def assert_as_pandas(counts: LiveCounts, rows: list[dict[str, Any]]) -> None:
    """The same figures by another program."""
    frame = pd.DataFrame(rows, columns=list(a_row(0)))
    query = a_query()
    frame = frame[
        (frame.predicted_at >= query.start) & (frame.predicted_at < query.end) & frame.version.isin(["1", "2"])
    ]
    served = frame[frame.served == True].sort_values("predicted_at").drop_duplicates("prediction_id")  # noqa: E712
    for version, arm in (("1", counts.champion), ("2", counts.challenger)):
        own = served[served.version == version]
        assert arm.requests == len(own)
        assert arm.errors == own.error.notna().sum()
        alone, times = own.entity_id.isna().sum(), own.entity_id.value_counts()
        assert (arm.entities, arm.entity_squares) == (len(times) + alone, (times**2).sum() + alone)
        latencies = own[own.error.isna()].latency_ms.dropna().astype(float)
        buckets = latencies.map(lambda each: math.floor(math.log(each, 1.1))).value_counts()
        assert dict(arm.latencies) == buckets.to_dict()


def without(column: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.drop(columns=column)


def with_cells(column: str, cells: Any) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda frame: frame.assign(**{column: cells})


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        *((without(each.name), f"lacks the columns {each.name};") for each in COLUMNS if each.is_needed),
        (with_cells("version", 1), r"column 'version' of .* is int64; it must be text"),
        (with_cells("prediction_id", 7), r"column 'prediction_id' of .* is int64; it must be text"),
        (
            with_cells("predicted_at", pd.Timestamp("2026-03-01 11:00")),
            r"'predicted_at' .* must be a timestamp with a zone",
        ),
        (with_cells("predicted_at", "2026-03-01"), r"column 'predicted_at' of .* it must be a timestamp with a zone"),
        (with_cells("served", 1), r"column 'served' of .* is int64; it must be a boolean"),
        (with_cells("latency_ms", "12"), r"column 'latency_ms' of .* is (large_)?string; it must be a number"),
        (with_cells("score", [[0.1, 0.9]] * 2), r"column 'score' of .* it must be a number"),
        (with_cells("prediction", [[1], [2]]), r"column 'prediction' of .* it must be text, a number or a boolean"),
        (with_cells("version", ["1", None]), r"column 'version' of .* is empty in 1 rows; it is needed in all"),
        (
            with_cells("schema_version", SCHEMA_VERSION + 1),
            r"column 'schema_version' of .* is 2; this release reads up to 1",
        ),
    ],
)
def test_another_schema_is_a_problem_that_names_the_column(spoil: Any, problem: str) -> None:
    file = io.BytesIO()
    spoil(pd.DataFrame([a_row(1, latency_ms=1.0), a_row(2, latency_ms=2.0)])).to_parquet(file)
    counts = read(as_parquet([a_row(3)]), file.getvalue())
    assert counts.champion.requests == 0
    assert_matches(problem, counts.problem)


def assert_matches(pattern: str, text: str | None) -> None:
    with pytest.raises(ValueError, match=pattern):
        raise ValueError(text)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ({"version": 1}, "version"),
        ({"predicted_at": "2026-03-01T11:00:00"}, r"column 'predicted_at' of .* must be a timestamp with a zone"),
        ({"served": None}, r"column 'served' of .* is empty in 1 rows"),
        ({"latency_ms": "12"}, "latency_ms"),
        ({"schema_version": 2}, "schema_version"),
    ],
)
def test_another_schema_of_json_lines_is_a_problem(line: dict[str, Any], problem: str) -> None:
    row = {**a_row(1), "predicted_at": "2026-03-01T11:00:00Z", **line}
    counts = read(gzip.compress(json.dumps(row).encode()), suffix=".jsonl.gz")
    assert_matches(problem, counts.problem)


@pytest.mark.parametrize(
    ("suffix", "content"),
    [(".parquet", b"PAR1"), (".jsonl.gz", b"{}"), (".jsonl.gz", gzip.compress(b"{", mtime=0)[:-4])],
)
def test_a_file_that_cannot_be_read_is_named(suffix: str, content: bytes) -> None:
    assert_matches(rf"part-0{suffix}' cannot be read as", read(content, suffix=suffix).problem)


def test_files_of_another_kind_are_not_taken_for_a_silent_model() -> None:
    assert_matches("others than .parquet and .jsonl.gz", read(b"a,b", suffix=".csv").problem)
    assert read(b"", suffix=".parquet").problem is None


def test_what_a_program_leaves_beside_the_files_is_not_read() -> None:
    store = MemoryDataStore()
    store.add_partition(PREFIX, DAY, b"x", "hour=10/_SUCCESS")
    store.add_partition(PREFIX, DAY, b"x", "hour=10/.part-0.parquet")
    assert read(as_parquet([a_row(1)]), store=store).champion.requests == 1


def test_hours_before_the_step_are_not_read() -> None:
    store = MemoryDataStore()
    store.add_partition(PREFIX, DAY, b"not parquet", "hour=09/part-0.parquet")
    assert read(as_parquet([a_row(1)]), store=store).problem is None


def test_a_boolean_and_a_number_are_predictions_in_both_formats() -> None:
    for answers in ([True, False], [1.0, 2.0], ["a", "b"]):
        rows = [a_row(number, prediction=answer) for number, answer in enumerate(answers)]
        for suffix, write in ((".parquet", as_parquet), (".jsonl.gz", as_json_lines)):
            counts = read(write(rows), suffix=suffix)
            assert (counts.problem, counts.champion.requests) == (None, 2)


def test_a_text_is_no_answer_of_a_regression_but_a_file_of_errors_is_fine() -> None:
    policy = logged_policy(task="regression")
    failed = [a_row(1, prediction=None, error="timeout")]
    for suffix, write in ((".parquet", as_parquet), (".jsonl.gz", as_json_lines)):
        assert_matches(
            "column 'prediction' .* must be a number", read(write([a_row(1)]), suffix=suffix, policy=policy).problem
        )
        assert read(write(failed), suffix=suffix, policy=policy).champion.errors == 1


def test_a_number_that_is_not_finite_is_an_error_of_a_regression() -> None:
    policy = logged_policy(task="regression")
    rows = [a_row(1, prediction=math.inf), a_row(2, prediction=1.5)]
    counts = read(as_parquet(rows), policy=policy)
    assert (counts.champion.requests, counts.champion.errors) == (2, 1)


def test_labels_that_cannot_be_read_leave_errors_and_latencies_judged() -> None:
    store = MemoryDataStore()
    store.add_partition("labels/churn", DAY, pd.DataFrame({"id": ["p-1"], "lable": ["yes"]}).to_parquet())
    counts = read(as_parquet([a_row(1), a_row(2, "2", error="oom")]), store=store)
    assert (counts.problem, counts.challenger.errors, counts.champion.mature, counts.champion.labelled) == (
        None,
        1,
        1,
        0,
    )
    assert_matches("lacks the columns label", counts.label_problem)


def test_a_later_label_corrects_an_earlier_one() -> None:
    store = MemoryDataStore()
    for days, label in ((0, "no"), (1, "yes")):
        frame = pd.DataFrame({"id": ["p-1", "p-2"], "label": [label, None if days else "no"]})
        store.add_partition("labels/churn", DAY + timedelta(days=days), frame.to_parquet())
    counts = read(as_parquet([a_row(1), a_row(2, "2")]), store=store)
    assert (counts.champion.good, counts.challenger.good, counts.challenger.labelled) == (1, 0, 1)


def test_labels_of_several_files_are_joined_and_the_last_counts() -> None:
    store = MemoryDataStore()
    for days, labels in enumerate(({"p-1": "no", "p-2": "no"}, {"p-9": "no"}, {"p-1": "yes"}, {"p-3": "no"})):
        frame = pd.DataFrame({"id": list(labels), "label": list(labels.values())})
        store.add_partition("labels/churn", DAY + timedelta(days=days), frame.to_parquet())
    rows = [a_row(1), a_row(3), a_row(2, "2", prediction="no"), a_row(4, "2")]
    counts = read(as_parquet(rows), store=store, query=a_query(end=START + timedelta(days=4)))
    assert (counts.champion.labelled, counts.champion.good) == (2, 1)
    assert (counts.challenger.labelled, counts.challenger.good) == (1, 1)


def test_a_key_of_labels_that_is_no_text_is_a_problem_that_names_it() -> None:
    table = pa.Table.from_pylist([a_row(1), a_row(2, "2")])
    ids = pa.Array.from_buffers(pa.string(), 2, pa.array([b"\xff\xfe", b"p-2"]).buffers())
    file = io.BytesIO()
    parquet.write_table(table.set_column(0, "prediction_id", ids), file)
    assert_matches("'prediction_id' of .*holds bytes that are not UTF-8", read(file.getvalue()).problem)


def test_a_label_that_becomes_due_judges_rows_that_were_kept_from_before() -> None:
    store = MemoryDataStore()
    store.add_partition(PREFIX, DAY, as_parquet([a_row(1), a_row(2, "2")]), "hour=10/part-0.parquet")
    store.add_partition("labels/churn", DAY, pd.DataFrame({"id": ["p-1"], "label": ["yes"]}).to_parquet())
    source, policy = PredictionLogSource(store), logged_policy(delay=1)
    mature = [
        source.read([a_query(policy, end=START + timedelta(hours=hours))])[0].champion.mature for hours in (12, 25, 26)
    ]
    assert mature == [0, 1, 1]


def test_rows_without_the_key_of_their_labels_have_none() -> None:
    store = MemoryDataStore()
    labels = pa.table({"id": pa.array(["r-1", None]), "label": ["yes", "no"]})
    file = io.BytesIO()
    parquet.write_table(labels, file)
    store.add_partition("labels/churn", DAY, file.getvalue())
    policy = logged_policy(requests={"label_key": "row_id"})
    counts = read(as_parquet([a_row(1, row_id=None), a_row(2, "2", row_id=None)]), store=store, policy=policy)
    assert (counts.problem, counts.champion.mature, counts.champion.labelled) == (None, 1, 0)


@pytest.mark.parametrize(("day", "label_rows"), [(DAY, 2), (DAY - timedelta(days=3), 0)])
def test_labels_that_lie_in_the_days_of_the_step_are_told_from_those_of_other_days(day: date, label_rows: int) -> None:
    store = MemoryDataStore()
    store.add_partition("churn", day, b"id,left\nx-1,yes\nx-2,no\n", "part-0.csv")
    policy = logged_policy(requests={"label_key": "row_id"}, labels=None, format="csv")
    counts = read(as_parquet([a_row(1), a_row(2, "2")]), store=store, policy=policy)
    assert (counts.champion.mature, counts.champion.labelled, counts.label_rows) == (1, 0, label_rows)


def test_latencies_and_scores_that_are_none_are_not_counted() -> None:
    values = (math.nan, math.inf, -1.0, None, 0.0, sys.float_info.max, 1.0)
    rows = [a_row(number, latency_ms=value, score=value) for number, value in enumerate(values)]
    champion = read(as_parquet(rows)).champion
    assert dict(champion.latencies) == dict.fromkeys(sorted(map(latency_bucket, (0.0, sys.float_info.max, 1.0))), 1)
    assert champion.scores == (1, *[0] * 8, 1)


def test_a_row_that_comes_late_and_is_the_first_of_its_repeats_counts() -> None:
    """Rows that occur once and rows that occur often are told apart, across files."""
    files = [as_parquet([a_row(1, minutes=9), a_row(2)]), as_parquet([a_row(3), a_row(1, minutes=8, error="timeout")])]
    for order in (files, files[::-1]):
        counts = read(*order)
        assert (counts.champion.requests, counts.champion.errors, counts.dropped) == (3, 1, 1)


def test_labels_may_be_in_the_labelled_data_themselves() -> None:
    store = MemoryDataStore()
    content = b"id,age,left\nr-1,3,yes\nr-2,4,yes\n"
    store.add_partition("churn", DAY, content, "part-0.csv")
    policy = logged_policy(requests={"label_key": "row_id"}, labels=None, format="csv")
    counts = read(as_parquet([a_row(1), a_row(2, "2", prediction="no")]), store=store, policy=policy)
    assert (counts.champion.good, counts.challenger.good, counts.challenger.labelled) == (1, 0, 1)


def test_a_step_with_more_rows_than_memory_allows_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prediction_log, "MAX_ROWS", 2)
    assert_matches(
        "more than 2 logged requests; make steps shorter", read(as_parquet([a_row(1), a_row(2), a_row(3)])).problem
    )


@pytest.mark.parametrize("kept_bytes", [0, 1 << 20])
def test_the_next_pass_reads_only_new_files(kept_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    class Opened(MemoryDataStore):
        def __init__(self) -> None:
            super().__init__()
            self.opened: list[str] = []

        def open(self, data_object: DataObject) -> Any:
            self.opened.append(data_object.name)
            return super().open(data_object)

    monkeypatch.setattr(prediction_log, "MAX_KEPT_BYTES", kept_bytes)
    store = Opened()
    source = PredictionLogSource(store)
    for number in range(3):
        rows = [a_row(number), a_row(number, "2", served=False)]
        store.add_partition(PREFIX, DAY, as_parquet(rows), f"hour=10/part-{number}.parquet")
        labels = pd.DataFrame({"id": [f"p-{number}"], "label": ["yes"]})
        store.add_partition("labels/churn", DAY, labels.to_parquet(), f"labels-{number}.parquet")
        counts = source.read([a_query()])[0]
        assert (counts.champion.requests, counts.paired.both_right) == (number + 1, number + 1)
    assert len(store.opened) == (6 if kept_bytes else 12)
    assert source.read([a_query(start=START + timedelta(minutes=6))])[0].champion.requests == 0


def test_of_repeats_at_one_moment_the_order_does_not_matter() -> None:
    rows = [a_row(1, error="timeout"), a_row(1), a_row(1, "2"), a_row(1, prediction="no")]
    answers = [read(as_parquet(part)) for part in (rows, rows[::-1], rows[2:] + rows[:2])]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0].champion.requests + answers[0].challenger.requests == 1


def test_a_file_of_another_program_with_more_columns_and_dictionaries_is_read() -> None:
    frame = pd.DataFrame([a_row(1, features={"age": 3}), a_row(2, features={"age": 4})])
    frame["version"] = frame["version"].astype("category")
    file = io.BytesIO()
    table = pa.Table.from_pandas(frame)
    parquet.write_table(table.append_column("note", [["a", "b"]]), file)
    assert read(file.getvalue()).champion.requests == 2


@pytest.mark.parametrize("empty", [None, ""])
def test_texts_that_a_file_keeps_once_count_as_if_it_kept_each(empty: str | None) -> None:
    changes = [{}, {"prediction": 1.0}, {"rollout_id": empty}, {"entity_id": empty}, {"error": "timeout"}]
    rows = [a_row(number, str(number % 3), **{"error": empty, **each}) for number, each in enumerate(changes * 2)]
    rows = [{**row, "prediction": str(row["prediction"])} for row in rows]
    plain, encoded = io.BytesIO(), io.BytesIO()
    table = pa.Table.from_pylist(rows)
    parquet.write_table(table, plain, use_dictionary=False)
    texts = [name for name in table.schema.names if pa.types.is_string(table.schema.field(name).type)]
    for name in texts:
        table = table.set_column(table.schema.get_field_index(name), name, table[name].dictionary_encode())
    parquet.write_table(table, encoded)
    counts = [read(file.getvalue()) for file in (plain, encoded)]
    assert counts[0].problem is None
    assert counts[0] == counts[1]


def test_the_example_of_the_documentation_is_read() -> None:
    page = (ROOT / "docs/prediction-log.md").read_text()
    lines = page.partition("```jsonl\n")[2].partition("```")[0]
    counts = read(gzip.compress(lines.encode()), suffix=".jsonl.gz")
    assert counts.problem is None
    assert (counts.champion.requests, counts.challenger.requests, counts.challenger.errors) == (1, 1, 1)
    assert (counts.paired.answered, counts.paired.equal) == (1, 1)
    for column in COLUMNS:
        assert f"| `{column.name}` |" in page
