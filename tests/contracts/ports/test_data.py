"""DataStore in memory and on S3, and tables read from what it holds."""

import io
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from auto_retrain.adapters.data import arrow_cells, arrow_tables, kept_files, s3
from auto_retrain.adapters.data.arrow_tables import ArrowTableReader
from auto_retrain.adapters.data.ranged_object import RangedObject
from auto_retrain.adapters.data.s3 import S3DataStore
from auto_retrain.adapters.memory.data import MemoryDataStore
from auto_retrain.adapters.memory.simulation import ReadOnlyData
from auto_retrain.domain.digest import sha256_of
from auto_retrain.domain.errors import (
    ArtifactInvalid,
    ArtifactMissing,
    DataChanged,
    DataInvalid,
    DataUnavailable,
    SettingMissing,
)
from auto_retrain.domain.files import FileDigest
from auto_retrain.domain.layouts import IN_FOLDERS, Layout, day_of, folder_of
from auto_retrain.domain.manifest import DataObject
from auto_retrain.domain.windows import Window
from auto_retrain.ports import MAX_DOCUMENT_BYTES, DataStore, RowBatch
from tests.aws_clients import REGION, aws_client

Put = Callable[[str, date, bytes], None]
Place = Callable[[str, str, bytes], object]


@pytest.fixture(params=["memory", "simulation", "s3"])
def store_and_put(request: pytest.FixtureRequest) -> Iterator[tuple[DataStore, Put]]:
    """A store, and how a producer of data puts something into it."""
    if request.param in ("memory", "simulation"):
        store = MemoryDataStore()
        yield store if request.param == "memory" else ReadOnlyData(store), store.add_partition
        return
    request.getfixturevalue("aws")
    client = aws_client("s3")
    for bucket in ("data", "artifacts"):
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})

    def put(prefix: str, day: date, content: bytes) -> None:
        client.put_object(Bucket="data", Key=f"{prefix}/date={day}/part-0.parquet", Body=content)

    yield S3DataStore(client, "data", "artifacts"), put


@pytest.fixture(params=["memory", "s3"])
def bucket(request: pytest.FixtureRequest) -> Iterator[tuple[DataStore, Place]]:
    """A store, and how to put something anywhere below a prefix of its data."""
    if request.param == "memory":
        store = MemoryDataStore()

        def add(prefix: str, path: str, content: bytes) -> None:
            days = [day for layout in IN_FOLDERS if (day := day_of(path, layout))]
            store.add_object(prefix, path, content, *days)

        yield store, add
        return
    request.getfixturevalue("aws")
    client = aws_client("s3")
    client.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
    yield (
        S3DataStore(client, "data", "artifacts"),
        lambda prefix, path, content: client.put_object(Bucket="data", Key=f"{prefix}/{path}", Body=content),
    )


def keys_of(store: DataStore, layout: Layout, window: Window) -> list[tuple[date, str]]:
    items = store.list_partitions("churn", window, layout)
    return [(item.date, item.uri.removeprefix("s3://data/churn/")) for item in items]


@pytest.mark.parametrize("layout", IN_FOLDERS)
def test_each_layout_has_the_days_of_the_window_in_order_and_no_other_layout_has_them(
    bucket: tuple[DataStore, Place], layout: Layout
) -> None:
    store, place = bucket
    days = [date(2025, 12, 30) + timedelta(days=number) for number in range(70)]
    for day in reversed(days):
        place("churn", f"{folder_of(day, layout)}/hour=07/part-0.parquet", b"x")
        place("churn", f"{folder_of(day, layout)}/part-1.parquet", b"x")
    place("churn-2", f"{folder_of(days[5], layout)}/part-0.parquet", b"x")
    window = Window(start=date(2025, 12, 31), end=date(2026, 3, 5))
    names = ("hour=07/part-0.parquet", "part-1.parquet")
    expected = [(day, f"{folder_of(day, layout)}/{name}") for day in window.days() for name in names]
    assert keys_of(store, layout, window) == expected
    assert [item.name for item in store.list_partitions("churn", window, layout)[:2]] == list(names)
    assert not any(store.list_partitions("churn", window, other) for other in IN_FOLDERS if other is not layout)


def test_each_file_of_one_table_is_listed_for_each_day(bucket: tuple[DataStore, Place]) -> None:
    store, place = bucket
    for name in ("b.parquet", "a.parquet", "more/c.parquet", "_SUCCESS", "_temporary/d.parquet"):
        place("churn", name, b"x")
    place("churn", "empty.parquet", b"")
    days = [date(2026, 1, 1), date(2026, 1, 2)]
    items = store.list_partitions("churn", Window(start=days[0], end=date(2026, 1, 3)), Layout.COLUMN, "on")
    names = ("a.parquet", "b.parquet", "more/c.parquet")
    assert [(item.date, item.uri) for item in items] == [(day, f"s3://data/churn/{n}") for day in days for n in names]
    assert {item.date_column for item in items} == {"on"}


def test_months_and_days_may_lack_the_zero_before_them(aws: None) -> None:
    client = aws_client("s3")
    client.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
    good = ("month=3/day=1", "month=03/day=02", "month=10/day=3", "month=3/day=31")
    for folder in (*good, "month=13/day=1", "month=3", "month=3/day=32"):
        client.put_object(Bucket="data", Key=f"churn/year=2026/{folder}/a", Body=b"x")
    store = S3DataStore(client, "data", "artifacts")
    window = Window(start=date(2026, 3, 1), end=date(2026, 12, 1))
    listed = keys_of(store, Layout.YEAR_MONTH_DAY, window)
    assert [day for day, _ in listed] == [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 31), date(2026, 10, 3)]


def test_what_is_below_a_prefix_is_named(bucket: tuple[DataStore, Place]) -> None:
    store, place = bucket
    for key in ("dt=2026-01-02/a", "dt=2026-01-01/a", "dt=2026-01-01/b", "all.csv"):
        place("churn", key, b"x")
    folder = store.look_below("churn")
    assert (folder.uri, set(folder.names)) == ("s3://data/churn/", {"dt=2026-01-01/", "dt=2026-01-02/", "all.csv"})
    assert store.look_below("nobody").names == ()


def test_partitions_are_those_of_the_window_in_order(store_and_put: tuple[DataStore, Put]) -> None:
    store, put = store_and_put
    for day in (4, 1, 3, 2):
        put("churn", date(2026, 1, day), f"day {day}".encode())
    put("churn2", date(2026, 1, 2), b"another model")
    objects = store.list_partitions("churn", Window(start=date(2026, 1, 2), end=date(2026, 1, 4)))
    assert [entry.date.day for entry in objects] == [2, 3]
    assert store.read(objects[0].uri) == b"day 2"
    assert (objects[0].size, len(objects[0].etag)) == (5, 32)
    assert store.list_partitions("nobody", Window(start=date(2026, 1, 2), end=date(2026, 1, 4))) == []


def test_an_empty_object_is_not_listed(store_and_put: tuple[DataStore, Put]) -> None:
    store, put = store_and_put
    put("churn", date(2026, 1, 2), b"")
    assert store.list_partitions("churn", Window(start=date(2026, 1, 2), end=date(2026, 1, 4))) == []


def test_a_document_is_read_as_it_was_written(store_and_put: tuple[DataStore, Put]) -> None:
    store, _ = store_and_put
    uri = store.write("jobs/churn-1/manifest.json", b"{}")
    assert uri == store.uri("jobs/churn-1/manifest.json") == "s3://artifacts/jobs/churn-1/manifest.json"
    assert store.read(uri) == b"{}"


def test_a_document_is_stored_once_however_often_it_is_tried(store_and_put: tuple[DataStore, Put]) -> None:
    store, _ = store_and_put
    once = [store.write_once("notes/churn-1/run-1.json", content) for content in (b"first", b"second", b"first")]
    assert once == [True, False, False]
    assert store.read(store.uri("notes/churn-1/run-1.json")) == b"first"


def test_whoever_writes_at_the_same_instant_as_another_tries_again() -> None:
    class Busy:
        def put_object(self, **_: Any) -> None:
            answer: Any = {
                "Error": {"Code": "ConditionalRequestConflict"},
                "ResponseMetadata": {"HTTPStatusCode": 409},
            }
            raise ClientError(answer, "PutObject")

    with pytest.raises(DataUnavailable, match="at this moment"):
        S3DataStore(Busy(), None, "artifacts").write_once("notes/x", b"")


def test_a_missing_document_is_named(store_and_put: tuple[DataStore, Put]) -> None:
    store, _ = store_and_put
    with pytest.raises(ArtifactInvalid, match="there is no 's3://artifacts/nothing'"):
        store.read("s3://artifacts/nothing")


def test_a_document_that_is_larger_than_its_reader_allows_is_not_read(store_and_put: tuple[DataStore, Put]) -> None:
    store, _ = store_and_put
    uri = store.write("jobs/large.json", b"x" * 1000)
    assert store.read(uri, 1000) == b"x" * 1000
    with pytest.raises(ArtifactInvalid, match=f"'{uri}' has 1000 bytes; at most 999 are allowed"):
        store.read(uri, 999)
    with pytest.raises(ArtifactInvalid, match=f"at most {MAX_DOCUMENT_BYTES} are allowed"):
        store.read(store.write("jobs/huge.json", b" " * (MAX_DOCUMENT_BYTES + 1)))


def test_the_body_of_a_document_that_is_too_large_is_never_asked_for() -> None:
    class Endless:
        def get_object(self, **_: Any) -> dict[str, Any]:
            return {"ContentLength": 1 << 40, "Body": SimpleNamespace(close=lambda: None)}

    with pytest.raises(ArtifactInvalid, match=f"has {1 << 40} bytes"):
        S3DataStore(Endless(), None, "artifacts").read("s3://artifacts/x")


A_FILE = b"0123456789" * 100


def digest_of(content: bytes) -> FileDigest:
    return FileDigest(sha256=sha256_of(content), size=len(content))


def never() -> Iterator[bytes]:
    raise AssertionError("nothing has to be read")
    yield b""


def test_a_file_is_kept_once_and_then_none_of_its_pieces_is_asked_for(store_and_put: tuple[DataStore, Put]) -> None:
    store, _ = store_and_put
    uri = store.keep("versions/churn/1/files/a", digest_of(A_FILE), iter([A_FILE[:7], A_FILE[7:]]))
    assert uri == store.uri("versions/churn/1/files/a")
    assert store.read(uri) == A_FILE
    assert store.keep("versions/churn/1/files/a", digest_of(A_FILE), never()) == uri
    store.keep("versions/churn/1/files/a", digest_of(b"new"), iter([b"new"]))
    assert store.read(uri) == b"new"
    assert store.read(store.keep("versions/churn/1/files/empty", digest_of(b""), iter([]))) == b""


@pytest.mark.parametrize("content", [A_FILE[1:], A_FILE + b"1", b"x" * len(A_FILE), b""])
def test_a_file_that_is_not_what_its_digest_says_is_not_kept(
    store_and_put: tuple[DataStore, Put], content: bytes
) -> None:
    store, _ = store_and_put
    with pytest.raises(ArtifactInvalid, match="its content is not the one whose digest is known"):
        store.keep("versions/churn/1/files/a", digest_of(A_FILE), iter([content]))
    with pytest.raises(ArtifactMissing):
        store.read(store.uri("versions/churn/1/files/a"))


def test_folders_that_are_not_kept_are_deleted_and_no_others(store_and_put: tuple[DataStore, Put]) -> None:
    store, _ = store_and_put
    keys = [f"versions/{name}/{n}/files/{n}" for name in ("churn", "churn2") for n in (1, 2, 11)]
    for key in (*keys, "profiles/churn/1.json"):
        store.write(key, b"x")
    for _ in range(2):
        store.prune("versions/churn/", {"1"})
    for key in (*keys[:1], *keys[3:], "profiles/churn/1.json"):
        assert store.read(store.uri(key)) == b"x"
    for key in keys[1:3]:
        with pytest.raises(ArtifactMissing):
            store.read(store.uri(key))


@pytest.mark.parametrize("is_whole", [True, False])
def test_a_large_file_is_stored_in_parts_and_nothing_stays_of_one_that_is_wrong(
    aws: None, monkeypatch: pytest.MonkeyPatch, is_whole: bool
) -> None:
    monkeypatch.setattr(kept_files, "PART_BYTES", 5 << 20)
    client = aws_client("s3")
    client.create_bucket(Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": REGION})
    content = bytes(range(256)) * (48 << 10)  # 12 MB
    pieces = [content[start : start + 100_000] for start in range(0, len(content), 100_000)]
    store = S3DataStore(client, None, "artifacts")
    if is_whole:
        assert store.read(store.keep("versions/a", digest_of(content), iter(pieces)), 1 << 30) == content
        assert store.keep("versions/a", digest_of(content), never()) == "s3://artifacts/versions/a"
    else:
        with pytest.raises(ArtifactInvalid):
            store.keep("versions/a", digest_of(content), iter(pieces[:-1]))
        with pytest.raises(ArtifactMissing):
            store.read("s3://artifacts/versions/a")
    assert "Uploads" not in client.list_multipart_uploads(Bucket="artifacts")


def test_a_file_that_could_not_be_deleted_is_reported() -> None:
    class Refusing:
        def list_objects_v2(self, **_: Any) -> dict[str, Any]:
            return {"Contents": [{"Key": "versions/churn/1/files/a"}]}

        def delete_objects(self, **_: Any) -> dict[str, Any]:
            return {"Errors": [{"Key": "versions/churn/1/files/a", "Message": "not now"}]}

    with pytest.raises(DataUnavailable, match="'s3://artifacts/versions/churn/1/files/a' was not deleted: not now"):
        S3DataStore(Refusing(), None, "artifacts").prune("versions/churn/", set())


def test_an_object_is_read_as_a_file_unless_it_has_changed(store_and_put: tuple[DataStore, Put]) -> None:
    store, put = store_and_put
    put("churn", date(2026, 1, 2), b"0123456789")
    (listed,) = store.list_partitions("churn", Window(start=date(2026, 1, 2), end=date(2026, 1, 3)))
    with store.open(listed) as file:
        assert file.read() == b"0123456789"
        file.seek(3)
        assert file.read(4) == b"3456"
    with pytest.raises(DataInvalid, match="has changed since it was listed"):
        store.open(listed.model_copy(update={"etag": "0" * 32})).read()
    with pytest.raises(DataInvalid, match="no longer exists"):
        store.open(listed.model_copy(update={"uri": f"{listed.uri}-gone"})).read()


def test_a_large_object_is_read_in_parts(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3, "MAX_WHOLE_BYTES", 1000)
    client = aws_client("s3")
    client.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
    frame = pd.DataFrame({"age": np.arange(300_000.0), "plan": ["free", "plus", None] * 100_000})
    for day, format in ((1, "parquet"), (2, "csv")):
        content = parquet(frame) if format == "parquet" else frame.to_csv(index=False).encode()
        client.put_object(Bucket="data", Key=f"churn/date=2026-01-0{day}/part", Body=content)
    store = S3DataStore(client, "data", "artifacts")
    for day, format in ((1, "parquet"), (2, "csv")):
        window = Window(start=date(2026, 1, day), end=date(2026, 1, day + 1))
        batches = list(
            ArrowTableReader(store).batches(store.list_partitions("churn", window), format, ["age"], ["plan"])
        )
        assert len(batches) > 1
        assert sum(batch.rows for batch in batches) == 300_000
        assert sum(batch.numbers["age"].sum() for batch in batches) == frame["age"].sum()
        assert sum((Counter(batch.levels["plan"]) for batch in batches), Counter())["free"] == 100_000


def test_a_row_group_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_tables, "MAX_COLUMN_CHUNK_BYTES", 1000)
    with pytest.raises(DataInvalid, match=r"column 'age' .* has \d+ bytes in one row group; at most 1000 are allowed"):
        read(parquet(pd.DataFrame({"age": np.arange(1000.0)})), "parquet", ["age"], [])


def test_an_object_without_rows_adds_no_rows() -> None:
    assert sum(batch.rows for batch in read(parquet(FRAME.head(0)), "parquet", ["age"], ["plan"])) == 0


def test_keys_outside_a_partition_are_ignored(aws: None) -> None:
    client = aws_client("s3")
    client.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
    for key in ("date=2026-01-02", "date=2026-01-02x/a", "date=2026-13-02/a", "date=20260102/a", "date=2026-01-03/a"):
        client.put_object(Bucket="data", Key=f"churn/{key}", Body=b"x")
    client.put_object(Bucket="data", Key="churn/date=2026-01-03/_folder/", Body=b"")
    store = S3DataStore(client, "data", "artifacts")
    objects = store.list_partitions("churn", Window(start=date(2026, 1, 1), end=date(2026, 2, 1)))
    assert [entry.uri for entry in objects] == ["s3://data/churn/date=2026-01-03/a"]


def test_listing_without_a_data_bucket_names_the_variable_to_set() -> None:
    with pytest.raises(SettingMissing, match="DATA_BUCKET"):
        S3DataStore(None, None, "artifacts").list_partitions(
            "churn", Window(start=date(2026, 1, 1), end=date(2026, 2, 1))
        )


def test_a_listing_of_several_pages_is_complete(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")
    client = aws_client("s3")
    client.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": REGION})
    for number in range(25):
        client.put_object(Bucket="data", Key=f"churn/date=2026-01-02/{number:05}", Body=b"x")
    store = S3DataStore(client, "data", "artifacts")
    assert len(store.list_partitions("churn", Window(start=date(2026, 1, 1), end=date(2026, 2, 1)))) == 25


FRAME = pd.DataFrame({"id": ["a", "b", "c"], "age": [1, None, 3], "plan": ["x", None, "y"], "zip": [1, 2, 3]})


def parquet(frame: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.to_parquet(file)
    return file.getvalue()


CONTENTS = {"parquet": parquet(FRAME), "csv": FRAME.to_csv(index=False).encode()}


def read(content: bytes, format: str, numeric: list[str], categorical: list[str]) -> list[RowBatch]:
    store = MemoryDataStore()
    day = date(2026, 1, 1)
    store.add_partition("p", day, content)
    objects = store.list_partitions("p", Window(start=day, end=date(2026, 1, 2)))
    return list(ArrowTableReader(store).batches(objects, format, numeric, categorical))


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_numbers_are_floats_and_levels_are_text(format: str) -> None:
    (batch,) = read(CONTENTS[format], format, ["age"], ["plan", "zip"])
    assert batch.rows == 3
    assert np.array_equal(batch.numbers["age"], [1.0, np.nan, 3.0], equal_nan=True)
    assert batch.levels == {"zip": {"1": 1, "2": 1, "3": 1}, "plan": {"x": 1, None: 1, "y": 1}}


def test_fields_of_a_csv_are_read_exactly_as_written() -> None:
    (batch,) = read(b"id,zip\na,01\nb,1\nc,NA\nd,\n", "csv", [], ["zip"])
    assert batch.levels["zip"] == {"01": 1, "1": 1, "NA": 1, None: 1}


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_a_missing_column_is_named_with_those_that_exist(format: str) -> None:
    with pytest.raises(DataInvalid, match=r"lacks the columns agee; it has id, age, plan, zip; did you mean 'age'\?$"):
        read(CONTENTS[format], format, ["agee"], [])


def test_a_csv_with_another_delimiter_or_encoding_is_refused_with_what_to_do() -> None:
    with pytest.raises(DataInvalid, match=r"part-0.*: its columns are divided by semicolons; write it with commas"):
        read(b"id;plan\na;x\n", "csv", [], ["plan"])
    with pytest.raises(DataInvalid, match=r"-f WINDOWS-1252 -t UTF-8 part-0\.parquet > utf-8.csv"):
        read("id,plan\na,Köln\n".encode("latin-1"), "csv", [], ["plan"])
    (batch,) = read(b"a;b\n1\n", "csv", ["a;b"], [])
    assert batch.rows == 1, "a column may be called so"


def test_a_column_that_is_read_already_is_not_suggested_for_a_missing_one() -> None:
    with pytest.raises(DataInvalid, match=r"it has id, age, plan, zip$"):
        read(CONTENTS["csv"], "csv", ["agee", "age"], [])


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_a_numeric_column_with_text_is_named(format: str) -> None:
    with pytest.raises(DataInvalid, match="column 'plan'"):
        read(CONTENTS[format], format, ["plan"], [])


@pytest.mark.parametrize("cells", [[[1], [2]], [{"x": 1}, {"x": 2}]])
def test_a_categorical_column_with_nested_cells_is_named(cells: list[Any]) -> None:
    with pytest.raises(DataInvalid, match="column 'visits' of 's3://data/p/"):
        read(parquet(pd.DataFrame({"visits": cells})), "parquet", [], ["visits"])


def test_whole_numbers_too_large_to_be_exact_are_rounded() -> None:
    (batch,) = read(parquet(pd.DataFrame({"account": [2**53 + 1, 1]})), "parquet", ["account"], [])
    assert list(batch.numbers["account"]) == [float(2**53), 1.0]


@pytest.mark.parametrize(
    ("format", "content"), [("parquet", b"PAR1 not really"), ("csv", b"\n"), ("csv", b"\xff\xfe\x00")]
)
def test_an_object_that_cannot_be_read_is_named(format: str, content: bytes) -> None:
    with pytest.raises(DataInvalid, match="s3://data/p/"):
        read(content, format, ["age"], [])


def levels_of(content: bytes, column: str, format: str = "parquet") -> dict[str | None, int]:
    """Rows per level over all batches."""
    batches = read(content, format, [], [column])
    return dict(sum((Counter(batch.levels[column]) for batch in batches), Counter()))


def table(**columns: pa.Array) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pa.array([1, 1, None]), {"1": 2, None: 1}),
        (pa.array([1.0, -0.0, 0.0, np.nan, None, 2.5]), {"1": 1, "0": 2, "2.5": 1, None: 2}),
        (pa.array([True, False, True]), {"true": 2, "false": 1}),
        (pa.array(["x", "y", None, "x"]).dictionary_encode(), {"x": 2, "y": 1, None: 1}),
        (pa.array([None, None], pa.string()), {None: 2}),
        (pa.array([date(2026, 1, 2)]), {"2026-01-02": 1}),
        (pa.array(["Ünï", "", " "]), {"Ünï": 1, "": 1, " ": 1}),
    ],
)
def test_the_text_of_a_category_does_not_depend_on_its_type(cells: pa.Array, expected: dict[str | None, int]) -> None:
    assert levels_of(table(plan=cells), "plan") == expected


@pytest.mark.parametrize("type_", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_numbers_written_as_text_are_read_as_in_training(type_: pa.DataType) -> None:
    cells = pa.array(["1", " 2.5 ", "NA", "", "1e3", "inf", None]).cast(type_)
    (batch,) = read(table(age=cells), "parquet", ["age"], [])
    expected = [1, 2.5, np.nan, np.nan, 1000, np.inf, np.nan]
    assert np.array_equal(batch.numbers["age"], expected, equal_nan=True)


@pytest.mark.parametrize("cell", ["elderly", "1;5", "0x10", "1 2", "--7"])
def test_a_cell_that_is_not_a_number_makes_the_column_invalid_and_is_not_quoted(cell: str) -> None:
    with pytest.raises(
        DataInvalid, match=r"column 'age' of 's3://data/p/.* must be numeric but holds string"
    ) as caught:
        read(f"age\n1\n{cell}\n".encode(), "csv", ["age"], [])
    assert cell not in str(caught.value)


@pytest.mark.parametrize("cells", [["1", "x"], [[1], [2]], [date(2026, 1, 1)]])
def test_a_numeric_column_of_another_type_is_named_with_its_type(cells: list[Any]) -> None:
    with pytest.raises(DataInvalid, match=r"column 'age' of 's3://data/p/.* must be numeric but holds (str|list|date)"):
        read(table(age=pa.array(cells)), "parquet", ["age"], [])


@pytest.mark.parametrize("value", [1.7976931348623157e308, 5e-324, -1e300, np.inf, -np.inf])
def test_huge_and_infinite_numbers_are_kept(value: float) -> None:
    for content, format in ((table(age=pa.array([value])), "parquet"), (f"age\n{value!r}\n".encode(), "csv")):
        (batch,) = read(content, format, ["age"], [])
        assert list(batch.numbers["age"]) == [value]


def test_other_columns_and_the_order_of_columns_do_not_matter() -> None:
    # The ids change from digits to text only after the rows that a reader would sample to guess types.
    lines = [f"{number},{number % 7},x" for number in range(200_000)] + ["a1,3,x"]
    content = ("id,age,plan\n" + "\n".join(lines) + "\n").encode()
    batches = read(content, "csv", ["age"], ["plan"])
    assert sum(batch.rows for batch in batches) == 200_001
    assert [batch.rows for batch in read(b"plan,id,age\nx,1,2\n", "csv", ["age"], ["plan"])] == [1]


def test_a_field_of_several_lines_is_one_field() -> None:
    assert levels_of(b'id,plan\n1,"a\nb"\n2,c\n', "plan", "csv") == {"a\nb": 1, "c": 1}


def test_a_row_of_another_length_makes_the_object_invalid_and_is_not_quoted() -> None:
    with pytest.raises(DataInvalid, match=r"Expected 2 columns, got 3$"):
        read(b"id,age\n1,2\nada@example.com,secret,3\n", "csv", ["age"], [])


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_a_duplicate_column_is_named(format: str) -> None:
    twice = pa.table([pa.array([1]), pa.array([2])], names=["age", "age"])
    file = io.BytesIO()
    pq.write_table(twice, file)
    content = file.getvalue() if format == "parquet" else b"age,age\n1,2\n"
    with pytest.raises(DataInvalid, match="several columns named age"):
        read(content, format, ["age"], [])


@pytest.mark.parametrize("damage", [lambda middle: b"", lambda middle: bytes(len(middle)), lambda middle: middle[::-1]])
def test_corrupt_parquet_is_named(damage: Callable[[bytes], bytes]) -> None:
    content = table(age=pa.array(np.sqrt(np.arange(50_000.0) // 3)))
    damaged = content[:100] + damage(content[100:-1000]) + content[-1000:]
    with pytest.raises(DataInvalid, match="cannot be read as parquet"):
        read(damaged, "parquet", ["age"], [])


def test_a_cell_that_names_no_text_of_its_column_makes_the_object_invalid() -> None:
    """Parquet names the three texts by numbers of two bits, of which one is none of them."""
    file, plans = io.BytesIO(), np.random.default_rng(1).choice(["basic", "full", "free"], 5000)
    pq.write_table(pa.table({"plan": plans}), file, compression="none")
    chunk = pq.read_metadata(file).row_group(0).column(0)
    end = chunk.dictionary_page_offset + chunk.total_compressed_size
    damaged = file.getvalue()[: end - 20] + b"\xff" * 20 + file.getvalue()[end:]
    with pytest.raises(DataInvalid, match="cannot be read as parquet: a cell of 'plan' names no value"):
        read(damaged, "parquet", [], ["plan"])


def test_a_long_text_in_every_row_is_in_memory_once() -> None:
    # Unpacked, these few kilobytes would take two hundred gigabytes.
    places = pa.array(np.zeros(200_000, dtype=np.int32))
    cells = pa.DictionaryArray.from_arrays(places, pa.array(["x" * 1_000_000]))
    assert levels_of(table(plan=cells), "plan") == {"x" * 1_000_000: 200_000}
    with pytest.raises(DataInvalid, match="must be numeric but holds string"):
        read(table(age=cells), "parquet", ["age"], [])


def test_of_very_many_categories_only_the_most_frequent_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow_cells, "MAX_LEVELS", 3)
    cells = ["often"] * 50 + [None] * 5 + [f"name-{number}" for number in range(40)] + ["twice"] * 2
    (batch,) = read(table(plan=pa.array(cells)), "parquet", [], ["plan"])
    assert batch.rows == 97
    assert batch.levels["plan"] == {"often": 50, "twice": 2, "name-0": 1, None: 5}


def test_a_csv_row_larger_than_a_block_is_refused() -> None:
    with pytest.raises(DataInvalid, match="cannot be read as csv"):
        read(b"id,plan\n1," + b"x" * (3 << 20) + b"\n", "csv", [], ["plan"])


class Interrupted(MemoryDataStore):
    """A store whose objects are read in parts, and whose second half cannot be read."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def open(self, data_object: DataObject) -> Any:
        content = self.read(data_object.uri, data_object.size)

        def read_range(start: int, end: int) -> bytes:
            if len(content) // 2 < start < len(content) - (64 << 10):
                raise self._error
            return content[start:end]

        return RangedObject(len(content), read_range)


@pytest.mark.parametrize("error", [DataChanged("it has changed"), DataUnavailable("S3 is slow")])
@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_an_error_in_the_middle_of_an_object_is_raised_unchanged(
    monkeypatch: pytest.MonkeyPatch, format: str, error: Exception
) -> None:
    for size in ("_MAX_BUFFER_BYTES", "_CSV_BLOCK_BYTES"):
        monkeypatch.setattr(arrow_tables, size, 64 << 10)
    store, day = Interrupted(error), date(2026, 1, 1)
    frame = pd.DataFrame({"age": np.random.default_rng(1).normal(size=300_000)})
    store.add_partition("p", day, parquet(frame) if format == "parquet" else frame.to_csv(index=False).encode())
    objects = store.list_partitions("p", Window(start=day, end=date(2026, 1, 2)))
    with pytest.raises(type(error), match=str(error)):
        list(ArrowTableReader(store).batches(objects, format, ["age"], []))


@pytest.mark.parametrize(
    ("numeric", "categorical", "rows"),
    [(["age", "income"], [], 131_072), (["age", "income", "years"], [], 65_536), (["age"], ["years"], 65_536)],
)
def test_one_or_two_columns_of_numbers_come_in_larger_batches(
    numeric: list[str], categorical: list[str], rows: int
) -> None:
    """Of categories the size of a batch decides which are kept when there are too many, so theirs stays."""
    content = table(**{name: pa.array(np.zeros(140_000)) for name in ("age", "income", "years")})
    assert read(content, "parquet", numeric, categorical)[0].rows == rows


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_a_column_can_be_read_as_texts_and_counted_at_once(format: str) -> None:
    store = MemoryDataStore()
    day = date(2026, 1, 1)
    store.add_partition("p", day, CONTENTS[format])
    objects = store.list_partitions("p", Window(start=day, end=date(2026, 1, 2)))
    (batch,) = ArrowTableReader(store).batches(objects, format, ["age"], ["plan"], ["plan", "id", "zip"])
    assert batch.texts["plan"] == ["x", None, "y"]
    assert batch.texts["id"] == FRAME["id"].astype(str).tolist()
    assert batch.texts["zip"] == ["1", "2", "3"]
    assert sum(batch.levels["plan"].values()) == 3


def test_a_text_column_with_nested_cells_is_named() -> None:
    store = MemoryDataStore()
    day = date(2026, 1, 1)
    store.add_partition("p", day, parquet(pd.DataFrame({"visits": [[1], [2]]})))
    objects = store.list_partitions("p", Window(start=day, end=date(2026, 1, 2)))
    with pytest.raises(DataInvalid, match="column 'visits' of 's3://data/p/"):
        list(ArrowTableReader(store).batches(objects, "parquet", [], [], ["visits"]))
