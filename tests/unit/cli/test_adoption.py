"""`auto-retrain init`: a policy for a model that somebody trains already."""

import gzip
import io
from datetime import date, timedelta
from pathlib import Path
from typing import NoReturn

import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from auto_retrain.domain.errors import SettingMissing
from auto_retrain.domain.layouts import Layout
from auto_retrain.ports import Ports
from tests.unit.cli.terminal import Terminal

ROWS = "customer_id,plan,age,left\n" + "".join(f"{n},{'ab'[n % 2]},{20 + n % 50},{n % 3 == 0}\n" for n in range(300))


@pytest.fixture
def sample(terminal: Terminal) -> str:
    return terminal.file(ROWS, "rows.csv")


def test_the_policy_is_written_and_applies_as_it_is(terminal: Terminal, sample: str, tmp_path: Path) -> None:
    target = tmp_path / "churn.yaml"
    printed = terminal.ok("init", "churn", "--sample", sample, "--output", str(target), "--owner", "ada@example.com")
    assert "1 numeric and 1 categorical features; please look at:" in printed
    assert "- metric: nothing judges the model in production" in printed
    assert printed.endswith(f"Next: auto-retrain models check {target} --data\n")
    assert "new, version 1" in terminal.ok("models", "apply", str(target))


def test_columns_that_only_the_sample_leaves_constant_are_listed_to_be_looked_at(
    terminal: Terminal, tmp_path: Path
) -> None:
    days = (
        ROWS.replace("age,left", "age,month,weekday,left")
        .replace(",True", ",Nov,6,True")
        .replace(",False", ",Nov,6,False")
    )
    printed = terminal.ok(
        "init", "churn", "--sample", terminal.file(days, "day.csv"), "--output", str(tmp_path / "c.yaml")
    )
    assert "1 numeric and 1 categorical features" in printed
    assert "- data.numeric, data.categorical: without month, weekday, the same in all 300 rows of the sample" in printed


def test_a_sample_with_dates_may_be_the_whole_table(terminal: Terminal, sample: str, tmp_path: Path) -> None:
    dated = terminal.file(
        ROWS.replace("age,left", "age,seen,left")
        .replace(",True", ",2026-01-05,True")
        .replace(",False", ",2026-01-06,False"),
        "dated.csv",
    )
    target = str(tmp_path / "c.yaml")
    printed = terminal.ok("init", "churn", "--sample", dated, "--output", target)
    assert "- data.layout: if all days are in one Parquet table, " in printed
    assert "set layout: column and date_column: 'seen'" in " ".join(printed.split())
    assert "data.layout: if all days" not in terminal.ok(
        "init", "churn", "--sample", sample, "--output", target, "--force"
    )


def test_a_policy_that_is_there_is_overwritten_only_by_force(terminal: Terminal, sample: str, tmp_path: Path) -> None:
    target = tmp_path / "churn.yaml"
    target.write_text("mine")
    refused = terminal.run("init", "churn", "--sample", sample, "--output", str(target))
    assert (refused.code, target.read_text()) == (1, "mine")
    assert "exists already; name another file, or give --force" in refused.err
    terminal.ok("init", "churn", "--sample", sample, "--output", str(target), "--force")
    assert target.read_text().startswith("# Proposed by auto-retrain init from 300 rows of ")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--label", "lef"), "--label 'lef': not a column of"),
        (("--row-id", "age", "--label", "age"), "--label 'age': is also --row-id"),
        (("--cloudwatch", "accuracy"), "--cloudwatch 'accuracy': give namespace and name"),
        (("--prometheus", "rate(x[5m])"), "give the name of a gauge"),
        (("--version", "champion"), "'churn' has no version with the alias 'champion'; give a number"),
        (("--version", "7"), "has no version 7"),
        (("--prefix", "s3://data/churn"), "--prefix = 's3://data/churn': must be a key prefix of letters"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_what_does_not_fit_is_refused_and_nothing_is_written(
    terminal: Terminal, sample: str, tmp_path: Path, options: tuple[str, ...], problem: str
) -> None:
    target = tmp_path / "none.yaml"
    refused = terminal.run("init", "churn", "--sample", sample, "--output", str(target), *options)
    assert refused.code == 1
    assert problem in refused.err
    assert not target.exists()


def test_a_sample_is_needed(terminal: Terminal, tmp_path: Path) -> None:
    target = ("--output", str(tmp_path / "none.yaml"))
    for prefix in ((), ("--prefix", "churn")):
        assert "--prefix 'churn': has no day with data since" in terminal.run("init", "churn", *prefix, *target).err
    absent = terminal.run("init", "churn", "--sample", str(tmp_path / "absent.csv"), *target)
    assert "absent.csv': cannot be read: No such file" in absent.err


def test_without_a_data_bucket_a_sample_is_asked_for(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_bucket(prefix: str, ports: Ports) -> NoReturn:
        raise SettingMissing("DATA_BUCKET")

    monkeypatch.setattr("auto_retrain.usecases.operating.propose_policy.look_at_data", no_bucket)
    asked = "--sample: give a file with some rows; the data bucket cannot be read: environment variable DATA_BUCKET"
    assert asked in terminal.run("init", "churn").err


def test_the_signature_of_the_champion_names_the_features(terminal: Terminal, sample: str, tmp_path: Path) -> None:
    registry = terminal.ports.registry
    registry.register("churn", "1")
    registry.write_file("churn", "1", "MLmodel", b"""signature: {inputs: '[{"name": "age", "type": "long"}]'}""")
    registry.set_champion("churn", "1")
    target = tmp_path / "churn.yaml"
    printed = terminal.ok("init", "churn", "--sample", sample, "--version", "champion", "--output", str(target))
    assert "1 numeric and 0 categorical features" in printed
    assert "# - plan: not an input of the model" in target.read_text()


def test_the_newest_day_under_a_prefix_is_read_and_its_layout_proposed(terminal: Terminal, tmp_path: Path) -> None:
    target, today = tmp_path / "churn.yaml", terminal.ports.clock.now().date()
    for back, content in ((3, "broken"), (2, ROWS)):
        day = today - timedelta(days=back)
        terminal.ports.data.add_partition("left/rows", day, content.encode(), "part-0.csv", Layout.DT)
        terminal.ports.data.add_partition("left/rows", day, b"{}", "_committed", Layout.DT)
    terminal.ok("init", "churn", "--prefix", "left/rows/", "--output", str(target))
    text = target.read_text()
    assert '  prefix: "left/rows"' in text
    assert "  layout: dt  # as its folders are called" in text
    assert "new, version 1" in terminal.ok("models", "apply", str(target))


def put(terminal: Terminal, name: str, content: bytes, back: int = 1, layout: Layout = Layout.DATE) -> None:
    day = terminal.ports.clock.now().date() - timedelta(days=back)
    terminal.ports.data.add_partition("churn", day, content, name, layout)


@pytest.mark.parametrize(("name", "format"), [("part-0", "csv"), ("part-0", "parquet"), ("part-0.csv", "csv")])
def test_the_format_is_found_from_the_objects_themselves(
    terminal: Terminal, tmp_path: Path, name: str, format: str
) -> None:
    put(terminal, name, ROWS.encode() if format == "csv" else parquet_of(ROWS))
    text = initiated(terminal, tmp_path)
    assert f"  format: {format}\n" in text


def test_files_that_are_no_data_are_no_sample_and_are_named(terminal: Terminal, tmp_path: Path) -> None:
    put(terminal, "part-0.csv", ROWS.encode())
    put(terminal, "part-0.csv.gz", gzip.compress(ROWS.encode()))
    put(terminal, "readme.txt", b"hello")
    put(terminal, ".part-0.csv.crc", b"x")
    assert "# - data.format = csv: other files are passed over, such as 'part-0.csv.gz'" in initiated(
        terminal, tmp_path
    )


def test_nothing_but_packed_files_is_no_sample(terminal: Terminal, tmp_path: Path) -> None:
    put(terminal, "part-0.csv.gz", gzip.compress(ROWS.encode()))
    refused = terminal.run("init", "churn", "--prefix", "churn", "--output", str(tmp_path / "churn.yaml"))
    assert "--prefix 'churn': has no csv or parquet files, only others such as 's3://data/churn/date=" in refused.err
    assert ".csv.gz': unpack what is packed, or write Parquet" in refused.err


def test_of_two_styles_of_folders_the_one_with_the_newest_day_is_proposed(terminal: Terminal, tmp_path: Path) -> None:
    put(terminal, "part-0.csv", ROWS.encode(), back=9, layout=Layout.DATE)
    put(terminal, "part-0.csv", ROWS.encode(), back=2, layout=Layout.DT)
    text = initiated(terminal, tmp_path)
    assert "  layout: dt  # as its folders are called" in text
    assert "# - data.layout = dt: there are folders such as date=" in text


def test_days_of_a_delta_table_are_named_because_deleted_rows_would_come_back(
    terminal: Terminal, tmp_path: Path
) -> None:
    put(terminal, "part-0.snappy.parquet", parquet_of(ROWS))
    terminal.ports.data.add_object("churn", "_delta_log/00000000000000000000.json", b"{}")
    assert "# - data.prefix = churn: is a table of Delta; rows that were deleted" in initiated(terminal, tmp_path)


def test_one_table_is_proposed_with_the_column_that_has_its_dates(terminal: Terminal, tmp_path: Path) -> None:
    terminal.ports.data.add_object("churn", "all.parquet", parquet_of(ROWS, dated=("since", "seen")))
    text = initiated(terminal, tmp_path)
    assert "  layout: column  # one table\n  date_column: since  # seen could be it as well\n" in text
    assert "# - data.date_column = since: seen could be it as well" in text


def some_rows(day: int, n: int) -> bytes:
    lines = (f"{day}-{row},{'ab'[day % 2]},{20 + row % 5},{day % 3 == 0}" for row in range(n))
    return "\n".join(["customer_id,plan,age,left", *lines, ""]).encode()


def test_of_small_days_as_many_are_read_as_are_needed_to_tell_what_varies(terminal: Terminal, tmp_path: Path) -> None:
    for back in range(1, 101):
        put(terminal, "part-0.csv", some_rows(back, 10), back=back)
    text = initiated(terminal, tmp_path)
    assert text.startswith("# Proposed by auto-retrain init from 500 rows of s3://data/churn/date=")
    assert "part-0.csv and 49 older files.\n" in text
    assert "# - only " not in text
    assert "    - plan  # 2 levels" in text


def test_older_files_that_are_unlike_the_newest_are_left_out(terminal: Terminal, tmp_path: Path) -> None:
    put(terminal, "part-0.csv", some_rows(1, 40), back=1)
    put(terminal, "part-0.csv", b"other,columns\n1,2\n", back=2)
    put(terminal, "part-0.csv", b"broken", back=3)
    put(terminal, "part-0", parquet_of(ROWS), back=4)
    put(terminal, "part-0.csv", some_rows(6, 40), back=5)
    text = initiated(terminal, tmp_path)
    assert "from 80 rows of " in text
    assert "part-0.csv and 1 older file.\n" in text


def test_days_of_parquet_are_read_together_as_well(terminal: Terminal, tmp_path: Path) -> None:
    for back in (1, 2):
        put(terminal, "part-0.parquet", parquet_of(ROWS.replace(",0", ",0.5")), back=back)
    assert "from 600 rows of " in initiated(terminal, tmp_path)


def test_few_rows_are_listed_with_what_they_left_out(terminal: Terminal, tmp_path: Path) -> None:
    few = "customer_id,plan,age,left\n1,a,30,0\n2,b,31,1\n3,c,32,0\n4,c,33,0\n5,c,34,1\n"
    target = ("--output", str(tmp_path / "c.yaml"))
    printed = terminal.ok("init", "churn", "--sample", terminal.file(few, "few.csv"), *target)
    assert (
        "- data: only 5 rows were looked at, too few to tell the roles of columns: plan is left out; "
        "give some hundred rows with --sample"
    ) in printed


def test_of_one_row_nothing_can_be_told(terminal: Terminal, tmp_path: Path) -> None:
    one = terminal.file("customer_id,plan,age,left\n1,a,30,0\n", "one.csv")
    refused = terminal.run("init", "churn", "--sample", one, "--output", str(tmp_path / "c.yaml"))
    assert "no column can be a feature: only 1 row was looked at" in refused.err
    assert "give some hundred rows with --sample" in refused.err


def test_rows_of_days_to_come_and_without_a_date_are_counted(terminal: Terminal, tmp_path: Path) -> None:
    today = terminal.ports.clock.now().date()
    days = [today + timedelta(days=7)] * 150 + [None] * 2 + [today] * 148
    terminal.ports.data.add_object("churn", "all.parquet", parquet_of(ROWS, since=days))
    text = initiated(terminal, tmp_path)
    assert f"data.date_column = since: of 300 rows, 150 are dated later than today ({today}), and are read only" in text
    assert "; 2 have no date, and are never read" in text


def test_one_table_without_dates_is_refused_with_what_to_do(terminal: Terminal, tmp_path: Path) -> None:
    terminal.ports.data.add_object("churn", "all.parquet", parquet_of(ROWS))
    refused = terminal.run("init", "churn", "--prefix", "churn", "--output", str(tmp_path / "churn.yaml"))
    assert "all.parquet' is one table, and no column of it has dates or timestamps" in refused.err
    assert "write such a column, or folders date=YYYY-MM-DD" in refused.err


def test_a_column_of_texts_that_look_like_dates_is_named_with_how_to_convert_it(
    terminal: Terminal, tmp_path: Path
) -> None:
    content = parquet_of(ROWS, dated=("examined_on",), cell="2026-01-01")
    terminal.ports.data.add_object("churn", "all.parquet", content)
    refused = terminal.run("init", "churn", "--prefix", "churn", "--output", str(tmp_path / "churn.yaml"))
    assert (
        "'examined_on' looks like one but has another type: convert it with pandas.to_datetime, or "
        "CAST (… AS DATE) in SQL"
    ) in refused.err


def initiated(terminal: Terminal, tmp_path: Path) -> str:
    """The policy that is proposed for what lies under `churn/`, once it has been applied as it is."""
    target = tmp_path / "churn.yaml"
    terminal.ok("init", "churn", "--prefix", "churn", "--output", str(target))
    assert "new, version 1" in terminal.ok("models", "apply", str(target))
    return target.read_text()


def parquet_of(
    rows: str, dated: tuple[str, ...] = (), cell: date | str = date(2026, 1, 1), **dates: list[date | None]
) -> bytes:
    table = csv.read_csv(io.BytesIO(rows.encode()))
    for name in dated:
        table = table.append_column(name, pa.array([cell] * table.num_rows))
    for name, days in dates.items():
        table = table.append_column(name, pa.array(days))
    parquet.write_table(table, stream := io.BytesIO())
    return stream.getvalue()
