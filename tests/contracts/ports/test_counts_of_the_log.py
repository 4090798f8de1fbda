"""Whatever a log and its labels hold, a day is counted as a few lines of Python count it."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_retrain.adapters.live.log_days import AskedLog, count_day
from auto_retrain.adapters.memory.data import MemoryDataStore
from auto_retrain.domain.labelled_days import VersionDay
from auto_retrain.domain.policy.data import LabelPolicy
from auto_retrain.domain.windows import Window
from tests.contracts.ports.logged import a_row, as_json_lines

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = START.date()
LABELS = LabelPolicy(prefix="labels", row_id="id", label="label")
ROW = st.fixed_dictionaries(
    {
        "number": st.integers(0, 6),
        "version": st.sampled_from("12"),
        "minutes": st.integers(-2, 1442),
        "served": st.booleans(),
        "model": st.sampled_from(["churn", "churn", "fraud"]),
        "prediction": st.sampled_from(["yes", "no"]),
        "error": st.sampled_from([None, None, "timeout"]),
        "entity_id": st.sampled_from([None, "ann", "bob"]),
    }
)


def counted(rows: list[dict[str, Any]], labels: dict[str, str]) -> dict[str, VersionDay]:
    data = MemoryDataStore()
    for number, row in enumerate(rows):
        data.add_partition("log", DAY, as_json_lines([row]), f"hour=00/part-{number:02}.jsonl.gz")
    frame = pd.DataFrame({"id": list(labels), "label": list(labels.values())}, dtype="string")
    data.add_partition("labels", DAY, frame.to_parquet())
    window = Window(start=DAY, end=DAY + timedelta(days=1))
    files, of_labels = (data.list_partitions(prefix, window) for prefix in ("log", "labels"))
    return count_day(DAY, files, of_labels, AskedLog("churn", "prediction_id", LABELS, False, False), data)


def by_hand(rows: list[dict[str, Any]], labels: dict[str, str]) -> dict[str, VersionDay]:
    inside = [row for row in rows if row["model"] == "churn" and row["served"] and row["predicted_at"].date() == DAY]
    first: dict[str, dict[str, Any]] = {}
    for row in sorted(inside, key=lambda row: row["predicted_at"]):
        first.setdefault(row["prediction_id"], row)
    answered = [row for row in first.values() if row["error"] is None]
    return {
        version: _of([row for row in answered if row["version"] == version], labels)
        for version in {row["version"] for row in answered}
    }


def _of(answered: list[dict[str, Any]], labels: dict[str, str]) -> VersionDay:
    labelled = [row for row in answered if row["prediction_id"] in labels]
    sizes = Counter(row["entity_id"] or row["prediction_id"] for row in labelled)
    squares = sum(size**2 for size in sizes.values())
    return VersionDay(
        answered=len(answered),
        labelled=len(labelled),
        independent=len(labelled) ** 2 / squares if squares else 0.0,
        good=sum(row["prediction"] == labels[row["prediction_id"]] for row in labelled),
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(ROW, max_size=12, unique_by=lambda row: (row["number"], row["minutes"])),
    st.dictionaries(st.sampled_from([f"p-{number}" for number in range(7)]), st.sampled_from(["yes", "no"])),
)
def test_a_day_is_counted_as_by_hand(drawn: list[dict[str, Any]], labels: dict[str, str]) -> None:
    rows = [
        a_row(each["number"], **{name: value for name, value in each.items() if name not in ("number", "minutes")})
        | {"predicted_at": START + timedelta(minutes=each["minutes"])}
        for each in drawn
    ]
    ours, theirs = counted(rows, labels), by_hand(rows, labels)
    assert ours.keys() == theirs.keys()
    for version, expected in theirs.items():
        got = ours[version]
        assert got.changed(independent=0) == expected.changed(independent=0)
        assert got.independent == pytest.approx(expected.independent)
