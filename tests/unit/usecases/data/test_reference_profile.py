"""A profile depends on the rows alone: not on how they are split into objects and batches, nor on their order."""

from collections import Counter
from datetime import date
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.drift import DataProfile, FeatureHistogram
from auto_retrain.domain.errors import DataInvalid
from auto_retrain.domain.manifest import DataColumns, DataObject
from auto_retrain.domain.policy.data import DriftPolicy
from auto_retrain.domain.windows import Window
from auto_retrain.statistics import cells
from auto_retrain.usecases.data import column_blocks, level_counts, row_sample
from auto_retrain.usecases.data.feature_days import DaySamples
from auto_retrain.usecases.data.kept_profiles import load_profile
from auto_retrain.usecases.data.read_features import FeatureReader
from auto_retrain.usecases.data.reference_profile import build_profile, count_live
from tests.unit.usecases.data.opened import opened_objects

COLUMNS = DataColumns(format="parquet", row_id="id", label="y", numeric=("age",), categorical=("plan",))
DAY = Window(start=date(2026, 1, 1), end=date(2026, 1, 2))
NUMBERS = st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, 1e308, -1e308, 5e-324, 2.5])
ROWS = st.lists(st.tuples(NUMBERS, st.sampled_from(["a", "b", "", None])), min_size=1, max_size=60)
CUTS = st.lists(st.integers(0, 60), max_size=5)


def objects_of(ports: MemoryPorts, parts: list[list[tuple[float, str | None]]]) -> list[DataObject]:
    """One object for each part, read as one batch."""
    objects = []
    for number, part in enumerate(parts):
        item = DataObject(uri=f"s3://data/{number}-of-{len(parts)}", etag="e", size=1, date=DAY.start)
        ages = np.array([age for age, _ in part], dtype=np.float64)
        ports.tables.by_uri[item.uri] = {"age": ages, "plan": [plan for _, plan in part]}
        objects.append(item)
    return objects


def cut(rows: list[Any], places: list[int]) -> list[list[Any]]:
    bounds = [0, *sorted(min(place, len(rows)) for place in places), len(rows)]
    return [rows[start:end] for start, end in pairwise(bounds)]


def profile_of(parts: list[list[Any]]) -> DataProfile:
    ports = MemoryPorts()
    return build_profile("churn", COLUMNS, DriftPolicy(), DAY, objects_of(ports, parts), ports)


def counted(profile: DataProfile, parts: list[list[Any]]) -> list[FeatureHistogram]:
    ports = MemoryPorts()
    return count_live(profile, COLUMNS, objects_of(ports, parts), ports)


@given(ROWS, CUTS)
def test_the_profile_of_the_parts_is_that_of_the_whole(rows: list[Any], places: list[int]) -> None:
    assert profile_of(cut(rows, places)) == profile_of([rows])


@given(ROWS, CUTS)
def test_so_it_is_when_there_are_more_different_numbers_than_cells(rows: list[Any], places: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(cells, "MAX_CELLS", 4)
        assert profile_of(cut(rows, places)) == profile_of([rows])


@given(ROWS, ROWS, CUTS, st.randoms(use_true_random=False))
def test_live_rows_are_counted_alike_in_any_parts_and_order(
    rows: list[Any], live: list[Any], places: list[int], random: Any
) -> None:
    profile = profile_of([rows])
    shuffled = random.sample(live, len(live))
    assert counted(profile, cut(shuffled, places)) == counted(profile, [live])


@given(ROWS)
def test_every_row_is_counted_once_in_every_feature(rows: list[Any]) -> None:
    profile = profile_of([rows])
    assert profile.rows == len(rows)
    assert all(sum(feature.counts) == len(rows) for feature in profile.features)
    for histogram in counted(profile, [rows]):
        assert histogram.live == histogram.reference
        assert not histogram.unseen


def test_a_large_window_keeps_the_deciles() -> None:
    values = np.random.default_rng(4).normal(size=400_000)
    (age, _) = profile_of([[(value, None) for value in values]]).features
    shares = np.array(age.counts[:-1]) / values.size
    assert np.allclose(shares, 0.1, atol=0.005)


def test_a_column_of_names_does_not_exhaust_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(level_counts, "MAX_LEVELS", 100)
    common = [(0.0, "common")] * 50
    parts = [common + [(0.0, f"name-{number}-{part}") for number in range(60)] for part in range(5)]
    plan = profile_of(parts).features[1]
    assert (plan.levels[0], plan.rare) == ("common", None)
    assert plan.counts[0] == 250
    assert sum(plan.counts) == 550
    (_, live) = counted(profile_of(parts), [[(0.0, "never seen")]])
    assert live.unseen is None


def test_categories_are_counted_by_frequency_and_by_name() -> None:
    rows = [(0.0, f"level-{level:02}") for level in range(25) for _ in range(100 - level)]
    plan = profile_of([rows]).features[1]
    assert (plan.levels, plan.rare) == (tuple(f"level-{level:02}" for level in range(25)), ())
    assert Counter(plan.counts)[0] == 3  # rare, unseen and missing
    (_, live) = counted(profile_of([rows]), [[(0.0, "level-00"), (0.0, "level-24"), (0.0, "new"), (0.0, None)]])
    assert (live.live[0], live.live[-4:], live.unseen) == (1, (1, 0, 1, 1), 1)


def test_levels_with_few_rows_estimate_what_a_sample_misses() -> None:
    sizes = {"large": 50, "ten": 10, "nine": 9, "pair": 2, "single": 1, "other": 1}
    rows = [(0.0, level) for level, size in sizes.items() for _ in range(size)]
    (_, plan) = counted(profile_of([rows]), [[(0.0, "nine"), (0.0, "new"), (0.0, "ten")]])
    assert (plan.reference, plan.live) == ((50, 10, 9, 2, 1, 1, 0, 0, 0), (0, 1, 1, 0, 0, 0, 0, 1, 0))
    assert (plan.seen_once, plan.seen_twice) == (2, 1)


@pytest.mark.parametrize("content", [b"", b"{", b"null", b'{"rows": "many"}', b"\xff"])
def test_an_unreadable_stored_profile_counts_as_absent(content: bytes) -> None:
    ports = MemoryPorts()
    ports.data.write("profiles/churn/1.json", content)
    assert load_profile("churn", "1", ports) is None


def test_a_row_without_an_entity_is_one_of_its_own() -> None:
    ports, columns = MemoryPorts(), COLUMNS.changed(entity="customer")
    ages = np.repeat(np.arange(20.0), 50)
    item = DataObject(uri="s3://data/one", etag="e", size=1, date=DAY.start)
    table = {"age": ages, "plan": ["a", "b"] * 500, "customer": [f"c{int(age)}" for age in ages]}
    ports.tables.by_uri[item.uri] = table
    age, plan = build_profile("churn", columns, DriftPolicy(), DAY, [item], ports).features
    assert 1000 / age.effects.bins == pytest.approx(20, rel=0.1)
    assert plan.effects.bins == 1
    table["customer"] = [None] * 1000
    (age, _) = build_profile("churn", columns, DriftPolicy(), DAY, [item], ports).features
    assert age.effects.bins == pytest.approx(1, abs=0.01)


def test_the_effects_of_the_parts_are_those_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_sample, "SAMPLED_ROWS", 300)
    random, columns, effects = np.random.default_rng(1), COLUMNS.changed(entity="customer"), []
    ages, plans = random.integers(0, 20, 1000).astype(float), random.choice(["a", "b", "c"], 1000).tolist()
    for bounds in ([0, 1000], [0, 10, 400, 400, 1000]):
        ports, objects = MemoryPorts(), []
        for number, (start, end) in enumerate(pairwise(bounds)):
            item = DataObject(uri=f"s3://data/{number}", etag="e", size=1, date=DAY.start)
            ports.tables.by_uri[item.uri] = {
                "age": ages[start:end],
                "plan": plans[start:end],
                "customer": [f"c{int(age) % 7}" for age in ages[start:end]],
            }
            objects.append(item)
        profile = build_profile("churn", columns, DriftPolicy(), DAY, objects, ports)
        effects.append([feature.effects for feature in profile.features])
    assert effects[0] == effects[1]


NUMERIC, CATEGORICAL = tuple(f"number-{place}" for place in range(7)), ("plan", "country", "region")


def wide_profile(bytes_of_an_object: int) -> tuple[DataProfile, list[Any]]:
    """Of three days with many columns, and what a watcher saw."""
    ports, random, objects = MemoryPorts(), np.random.default_rng(3), []
    for number in range(3):
        item = DataObject(uri=f"s3://data/{number}", etag="e", size=bytes_of_an_object, date=date(2026, 1, 1 + number))
        ports.tables.by_uri[item.uri] = {name: random.normal(size=500) for name in NUMERIC}
        ports.tables.by_uri[item.uri] |= {name: random.choice(["a", "b", "c"], 500).tolist() for name in CATEGORICAL}
        objects.append(item)
    columns = COLUMNS.changed(numeric=NUMERIC, categorical=CATEGORICAL)
    samples = DaySamples(3, len(NUMERIC))
    FeatureReader(columns, NUMERIC, CATEGORICAL, ports.tables).read(objects, [samples])
    days = [[of_day[name].tolist() for name in NUMERIC] for _, _, of_day in samples.rows_by_day()]
    return build_profile("churn", columns, DriftPolicy(), DAY, objects, ports), days


@pytest.mark.parametrize("columns_at_once", [1, 2, 5, 100])
def test_the_columns_of_large_objects_are_read_some_at_a_time_and_give_the_same(
    monkeypatch: pytest.MonkeyPatch, columns_at_once: int
) -> None:
    monkeypatch.setattr(column_blocks, "BLOCK_COLUMNS", columns_at_once)
    assert wide_profile(column_blocks.MIN_BYTES) == wide_profile(1)


def test_categories_of_large_objects_are_read_before_their_numbers() -> None:
    """Counting them holds Python's lock, so that nothing else could run beside the last ones."""
    item = DataObject(uri="s3://data/one", etag="e", size=column_blocks.MIN_BYTES, date=DAY.start)
    blocks = column_blocks.column_blocks(COLUMNS, ("age", "income", "years"), ("plan",), [item])
    assert blocks == [((), ("plan",)), (("age", "income"), ()), (("years",), ())]


@pytest.mark.parametrize("size", [1, 1 << 40])
def test_without_features_there_is_nothing_to_count(size: int) -> None:
    ports, columns = MemoryPorts(), COLUMNS.changed(numeric=(), categorical=())
    item = DataObject(uri="s3://data/one", etag="e", size=size, date=DAY.start)
    ports.tables.by_uri[item.uri] = {"age": [1.0, 2.0]}
    assert build_profile("churn", columns, DriftPolicy(), DAY, [item], ports).features == ()


def test_a_column_that_a_large_object_lacks_is_named() -> None:
    ports, columns = MemoryPorts(), COLUMNS.changed(numeric=tuple(f"number-{place}" for place in range(20)))
    item = DataObject(uri="s3://data/one", etag="e", size=1 << 40, date=DAY.start)
    ports.tables.by_uri[item.uri] = {"plan": ["a"]} | {f"number-{place}": np.ones(1) for place in range(19)}
    with pytest.raises(DataInvalid, match="number-19"):
        build_profile("churn", columns, DriftPolicy(), DAY, [item], ports)


def test_a_window_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = opened_objects(monkeypatch)
    rows = [(1.0, "a"), (2.0, None)]
    profile_of([rows, rows])
    assert opened == {"s3://data/0-of-2": 1, "s3://data/1-of-2": 1}
