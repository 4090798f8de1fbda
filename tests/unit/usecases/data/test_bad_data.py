"""Broken live objects are a fault of the data, not drift; data that only look odd are neither."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from auto_retrain.adapters.data.arrow_tables import ArrowTableReader
from auto_retrain.domain.errors import DataUnavailable
from auto_retrain.domain.messages.triggering import TriggerDecision
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.drift_world import check_drift
from tests.unit.usecases.world import World

ROWS = 400
LIVE_DAYS, ALL_DAYS = 5, 15
BROKEN_DAY = f"date={NOON.date() - timedelta(days=3)}/part-0"


def features(seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    plans = random.choice(np.array([1, 2, 3]), ROWS)
    return pd.DataFrame({"id": range(ROWS), "age": random.normal(40, 10, ROWS).round(1), "plan": plans, "left": "no"})


def as_parquet(frame: pd.DataFrame) -> bytes:
    file = io.BytesIO()
    frame.to_parquet(file)
    return file.getvalue()


def as_csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


WRITERS: dict[str, Callable[[pd.DataFrame], bytes]] = {"parquet": as_parquet, "csv": as_csv}


def world_of_objects(live: Callable[[int, pd.DataFrame], bytes], format: str) -> World:
    """Each live day contains what `live` makes of healthy rows, given how many days back it is."""
    data = {"prefix": "churn", "format": format, "row_id": "id", "label": "left"}
    world = World(
        a_policy(
            triggers={"evaluation_window_days": 5, "training_window_days": 10, "enabled": ["data_drift"]},
            data={**data, "numeric": ["age"], "categorical": ["plan"]},
        )
    )
    world.ports.states.record_retrain("churn", NOON)
    world.ports.data._partitions.clear()
    for back in range(1, ALL_DAYS + 1):
        frame = features(back)
        content = live(back, frame) if back <= LIVE_DAYS else WRITERS[format](frame)
        world.ports.data.add_partition("churn", NOON.date() - timedelta(days=back), content, "part-0")
    world.ports.tables = ArrowTableReader(world.ports.data)  # type: ignore[assignment]
    return world


def decide(live: Callable[[int, pd.DataFrame], bytes], format: str) -> TriggerDecision:
    world = world_of_objects(live, format)
    decision = check_drift(world)
    assert (decision.held_by == "quarantine") == bool(world.ports.states.get("churn").quarantine)
    return decision


def on_one_day(content: Callable[[pd.DataFrame], bytes], format: str) -> TriggerDecision:
    return decide(lambda back, frame: content(frame) if back == 3 else WRITERS[format](frame), format)


@pytest.mark.parametrize("format", WRITERS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="age"), "lacks the columns age"),
        (lambda frame: frame.assign(age="forty"), "column 'age'"),
        (lambda frame: frame.assign(age=[*["40"] * (ROWS - 1), "4O"]), "column 'age'"),
    ],
)
def test_a_missing_column_or_one_of_another_type_is_quarantined(change: Any, message: str, format: str) -> None:
    decision = on_one_day(lambda frame: WRITERS[format](change(frame)), format)
    assert (decision.next, decision.held_by) == ("skip", "quarantine")
    assert message in decision.reason
    assert BROKEN_DAY in decision.reason


def renamed_twice(frame: pd.DataFrame) -> bytes:
    table = pa.table([frame["age"], frame["age"], frame["plan"]], names=["age", "age", "plan"])
    file = io.BytesIO()
    parquet.write_table(table, file)
    return file.getvalue()


def not_utf8(frame: pd.DataFrame) -> bytes:
    return as_csv(frame.assign(plan="M\u00fcller")).decode().encode("latin-1")


def ragged(frame: pd.DataFrame) -> bytes:
    return as_csv(frame) + b"1,2,secret-of-a-row,4,5,6\n"


UNREADABLE: dict[str, tuple[Callable[[pd.DataFrame], bytes], str]] = {
    "two columns of one name in Parquet": (renamed_twice, "parquet"),
    "two columns of one name in CSV": (lambda frame: as_csv(pd.concat([frame, frame["age"]], axis=1)), "csv"),
    "not UTF-8": (not_utf8, "csv"),
    "a row with more fields": (ragged, "csv"),
    "only the first bytes": (lambda frame: b"PAR1", "parquet"),
    "cut off": (lambda frame: as_parquet(frame)[:-100], "parquet"),
    "overwritten": (lambda frame: as_parquet(frame)[:200] + b"\0" * 2000 + as_parquet(frame)[2200:], "parquet"),
    "CSV that is called Parquet": (as_csv, "parquet"),
    "Parquet that is called CSV": (as_parquet, "csv"),
    "zeros": (lambda frame: b"\0" * 1000, "csv"),
    "lists": (lambda frame: as_parquet(frame.assign(age=[[1.0]] * ROWS)), "parquet"),
    "bytes": (lambda frame: as_parquet(frame.assign(plan=[b"\xff\xfe"] * ROWS)), "parquet"),
    "times": (lambda frame: as_parquet(frame.assign(age=pd.Timestamp("2026-01-01"))), "parquet"),
}


@pytest.mark.parametrize(("content", "format"), UNREADABLE.values(), ids=UNREADABLE)
def test_an_unreadable_object_is_quarantined_and_none_of_its_rows_is_shown(
    content: Callable[[pd.DataFrame], bytes], format: str
) -> None:
    decision = on_one_day(content, format)
    assert (decision.next, decision.held_by) == ("skip", "quarantine")
    assert BROKEN_DAY in decision.reason
    assert "secret-of-a-row" not in decision.reason


@pytest.mark.parametrize("format", WRITERS)
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.assign(age=np.nan), "'age' has no value in any of 2000 rows"),
        (lambda frame: frame.assign(plan=None), "'plan' has no value in any of 2000 rows"),
        (lambda frame: frame.assign(age=0.0), "'age' has the same value in all 2000 rows"),
        (lambda frame: frame.assign(age=np.inf), "'age' has the same value in all 2000 rows"),
    ],
)
def test_a_column_that_went_dead_is_quarantined(change: Any, message: str, format: str) -> None:
    decision = decide(lambda _, frame: WRITERS[format](change(frame)), format)
    assert (decision.next, decision.held_by) == ("skip", "quarantine")
    assert message in decision.reason


ODD: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "no row": lambda frame: frame.head(0),
    "one row": lambda frame: frame.head(1),
    "another order": lambda frame: frame[["plan", "left", "age", "id"]],
    "an unused column of mixed types": lambda frame: frame.assign(extra=[*map(str, range(ROWS - 1)), "text"]),
    "categories as text": lambda frame: frame.assign(plan=frame["plan"].astype(str)),
    "numbers as text": lambda frame: frame.assign(age=frame["age"].astype(str)),
    "some missing": lambda frame: frame.assign(age=frame["age"].mask(frame.index < 20)),
    "infinite": lambda frame: frame.assign(age=frame["age"].mask(frame.index < 10, np.inf)),
    "huge": lambda frame: frame.assign(age=frame["age"].mask(frame.index < 10, 1e308).mask(frame.index < 5, -1e308)),
}


@pytest.mark.parametrize("format", WRITERS)
@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_odd_data_are_neither_broken_nor_drifted(change: Any, format: str) -> None:
    decision = on_one_day(lambda frame: WRITERS[format](change(frame)), format)
    assert (decision.next, decision.held_by) == ("skip", None)
    assert "does not exceed 0.25" in decision.reason


def in_other_texts(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(plan=frame["plan"].astype(str) + ".0")


@pytest.mark.parametrize("format", WRITERS)
@pytest.mark.parametrize("spelled", [lambda frame: frame.astype({"plan": float}), in_other_texts])
def test_a_category_in_another_spelling_is_no_drift(spelled: Any, format: str) -> None:
    # A column of whole numbers becomes one of fractions as soon as pandas misses a value.
    decision = decide(lambda back, frame: WRITERS[format](spelled(frame)), format)
    assert "does not exceed 0.25" in decision.reason
    assert "never seen" not in decision.reason


@pytest.mark.parametrize("back", [3, 10])
def test_an_object_that_changes_while_it_is_read_is_retried(back: int) -> None:
    world = world_of_objects(lambda _, frame: as_parquet(frame), "parquet")
    uri = f"s3://data/churn/date={NOON.date() - timedelta(days=back)}/part-0"
    world.ports.data._contents[uri] = as_parquet(features(99))
    with pytest.raises(DataUnavailable, match="has changed since it was listed"):
        check_drift(world)
    assert world.ports.states.get("churn").quarantine is None


def test_formulas_and_line_breaks_in_fields_are_text() -> None:
    odd = ["=cmd()|'/c calc'!A0", "two\nlines", 'a "quoted", one']
    decision = on_one_day(lambda frame: as_csv(frame.assign(notes=np.resize(odd, ROWS))), "csv")
    assert (decision.next, decision.held_by) == ("skip", None)


@pytest.mark.parametrize("format", WRITERS)
def test_a_live_window_of_one_row_is_not_judged(format: str) -> None:
    decision = decide(lambda back, frame: WRITERS[format](frame.head(int(back == 1))), format)
    assert (decision.next, decision.held_by) == ("skip", None)
    assert "only 1 rows on one side" in decision.reason
