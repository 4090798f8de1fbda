"""Real flights as daily partitions of labelled data."""

from pathlib import Path

import pyarrow.dataset as ds
import pytest

from local.demo import flights
from local.demo.flights import CATEGORICAL, LABEL, NUMERIC, ROW_ID, prepare


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("demo") / "flights"
    prepare(target)
    return target


def test_there_is_one_file_for_each_day_of_the_year(prepared: Path) -> None:
    files = sorted(str(file.relative_to(prepared)) for file in prepared.rglob("*.parquet"))
    assert len(files) == 365
    assert files[0] == "date=2013-01-01/part-0.parquet"
    assert files[-1] == "date=2013-12-31/part-0.parquet"


def test_rows_have_a_unique_id_their_schedule_and_a_label(prepared: Path) -> None:
    rows = ds.dataset(prepared).to_table()
    assert set(rows.column_names) == {ROW_ID, LABEL, *NUMERIC, *CATEGORICAL}
    assert rows.num_rows == 284_170
    assert len(rows[ROW_ID].unique()) == rows.num_rows
    assert sum(rows[LABEL].to_pylist()) == 128_333
    assert sum(column.null_count for column in rows.columns) == 0


def test_features_of_a_flight_are_those_of_its_schedule(prepared: Path) -> None:
    day = ds.dataset(prepared / "date=2013-01-01").to_table().to_pylist()
    (first,) = [row for row in day if row[ROW_ID] == "UA-1545-2013-01-01-0515"]
    assert (first["carrier"], first["flight"], first["origin"], first["dest"]) == ("UA", 1545, "EWR", "IAH")
    assert (first["hour"], first["minute"], first["weekday"], first["distance"]) == (5, 15, 1, 1400)


def test_flights_are_prepared_only_once(prepared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flights, "write_days", lambda *_: pytest.fail("prepared again"))
    prepare(prepared)


def test_an_interrupted_preparation_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(rows: object, target: Path) -> None:
        (target / "date=2013-01-01").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(flights, "write_days", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prepare(tmp_path / "flights")
    assert list(tmp_path.iterdir()) == []
