"""What is read in parts and merged shows what one piece shows: exactly where it is counted, closely where sampled."""

import random as dice
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.data_checks import size
from auto_retrain.domain.errors import DataInvalid
from auto_retrain.domain.manifest import DataObject, Manifest
from auto_retrain.ports import TableReader
from auto_retrain.usecases.data import read_part as reading
from auto_retrain.usecases.data import repeated_ids
from auto_retrain.usecases.data.merge_parts import merge_parts
from auto_retrain.usecases.data.part_files import pack, unpack
from auto_retrain.usecases.data.part_summary import summary_of
from auto_retrain.usecases.data.read_part import read_part
from tests.unit.usecases.data.test_check_data import HOLDOUT, LABELS, TRAINING, Data, labelled

ALL = range(1, 16)
EXAMPLE = {"repeated_id", "repeated_in"}


class Names:
    """Numbers of which hardly any comes twice, the same after each seed."""

    def seed(self) -> None:
        self._random = np.random.default_rng(3)

    def random(self, count: int) -> list[int]:
        numbers: list[int] = self._random.integers(0, 100_000, count).tolist()
        return numbers


NAMES = Names()


def repeat_ids(old: Any) -> list[str]:
    return [f"9-{number}" for number in range(len(old))]


CHANGES: dict[str, tuple[range, dict[str, Any]]] = {
    "sound": (range(0), {}),
    "one id": (HOLDOUT, {"id": lambda old: ["same"] * len(old)}),
    "no id": (range(1, 2), {"id": lambda old: [None, *old[1:]]}),
    "ids of training": (range(1, 2), {"id": repeat_ids}),
    "respelled ids": (range(2, 4), {"id": lambda old: [f" {text}" for text in old]}),
    "one label": (TRAINING, {"left": lambda old: ["1"] * len(old)}),
    "no label": (TRAINING, {"left": lambda old: [None] * len(old)}),
    "respelled labels": (ALL, {"left": lambda old: [("Yes", "yes", "no")[n % 3] for n in range(len(old))]}),
    "labels respelled in some files": (range(2, 4), {"left": lambda old: [f"{text} " for text in old]}),
    "another unit": (HOLDOUT, {"age": lambda old: old * 1000}),
    "empty column": (HOLDOUT, {"age": lambda old: np.full(len(old), np.nan)}),
    "constant column": (ALL, {"age": lambda old: np.full(len(old), 3.0)}),
    "standing still": (HOLDOUT, {"age": lambda old: np.full(len(old), 41.0)}),
    "moved": (HOLDOUT, {"age": lambda old: old + 200}),
    "gaps": (HOLDOUT, {"age": lambda old: np.where(np.arange(len(old)) % 2, old, np.nan)}),
    "words for missing": (ALL, {"plan": lambda old: ["n/a", "basic"] * (len(old) // 2)}),
    "new category": (HOLDOUT, {"plan": lambda old: np.array(["new", "full"] * (len(old) // 2), dtype=object)}),
    "many categories": (ALL, {"plan": lambda old: np.array([f"{n % 191}" for n in range(len(old))], dtype=object)}),
    "thousands of categories": (ALL, {"plan": lambda old: np.array([f"plan {n}" for n in NAMES.random(len(old))])}),
    "no categories": (range(1, 9), {"plan": lambda old: np.array([None] * len(old), dtype=object)}),
}


def checked(parts: int, data: dict[str, Any], change: str) -> Any:
    """The record of a check, without what it says of the parts of the holdout, and why it is refused."""
    world = Data({**data, "parts": parts})
    days, columns = CHANGES[change]
    for back in ALL:
        old = world.ports.tables.by_uri[world.uri(back)]
        world.put(back, **old, who=[f"customer {number % 40}" for number in range(len(old["id"]))])
    NAMES.seed()
    world.change(days, **columns)
    if "labels" in data:
        labelled(world, {12: [f"{back}-{n}" for back in TRAINING for n in range(200)], 1: ["1-0", "1-1"] * 3})
    job_id = world.open()
    refused = None
    try:
        world.check_opened(job_id)
    except DataInvalid as error:
        refused = str(error)
    check = world.job(job_id).data_check
    assert check is not None
    return check.model_dump(exclude={"holdout", "holdout_labels"}), refused


@pytest.mark.parametrize("change", CHANGES)
def test_parts_have_the_findings_of_one_piece(change: str) -> None:
    """With less rows than cells, samples and ids that are kept, nothing is estimated."""
    one, other = checked(1, {}, change), checked(4, {}, change)
    assert one == other


@pytest.mark.parametrize("data", [{"entity": "who"}, LABELS, {"task": "regression", "label": "age", "numeric": []}])
def test_entities_labels_of_their_own_and_regressions_are_merged_as_well(data: dict[str, Any]) -> None:
    assert checked(1, data, "gaps") == checked(5, data, "gaps")


def test_an_id_in_two_parts_of_a_window_is_repeated() -> None:
    world = Data({"parts": 4})
    world.change(range(1, 3), id=repeat_ids)
    with pytest.raises(DataInvalid) as error:
        world.check_data()
    assert "200 of 1000 holdout rows repeat an earlier row id, such as '9-0' in s3://data/" in str(error.value)
    assert "200 row ids of the holdout (20.0%) are in the training window as well" in str(error.value)


@pytest.mark.parametrize("rows", [500, 5000])
def test_an_id_in_files_of_two_parts_is_named_with_both_if_these_are_among_the_first_rows(
    rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repeated_ids, "MAX_ROWS_READ_AGAIN", rows)
    world = Data({"parts": 4})
    world.change(range(2, 3), id=lambda old: ["4-7", *old[1:]])
    named = f", such as '4-7' in {world.uri(4)} and {world.uri(2)}" if rows == 5000 else ""
    with pytest.raises(DataInvalid, match=f"1 of 1000 holdout rows repeat an earlier row id{named}: data"):
        world.check_data()


def test_of_too_many_ids_a_sample_is_compared_and_the_finding_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_COMPARED_IDS", 400)
    world = Data({"parts": 4})
    world.change(range(1, 3), id=repeat_ids)
    with pytest.raises(DataInvalid, match=r"as well, estimated from 1\d\.\d\d% of the ids"):
        world.check_data()


def test_a_holdout_that_is_too_large_to_be_compared_ends_the_job_before_the_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(size, "MAX_NUMBERS", 5999)
    world = Data({"parts": 4})
    with pytest.raises(DataInvalid, match=r"too_large: 1 x 1,000 rows in parts with 2 probabilities .* 6,000 numbers"):
        world.check_data()
    Data({"parts": 4, "tolerate": ["too_large"]}).check_data()
    Data({"parts": 1}).check_data()


WORDS = st.sampled_from(["a", "b", "B", " b", "nan", "1", "01", None])
NUMBERS = st.one_of(st.none(), st.floats(allow_nan=False), st.integers(0, 3).map(float))
ROWS = st.lists(st.tuples(WORDS, st.sampled_from(["yes", "no", None]), NUMBERS, WORDS, WORDS), max_size=12)


def frozen(objects: list[list[Any]], parts: list[int], labels: bool, entity: bool) -> tuple[Manifest, TableReader]:
    """Windows whose objects are given as rows, and belong to the given parts; the last day is the holdout."""
    ports = MemoryPorts()
    start = date(2026, 1, 1)
    items = []
    for place, rows in enumerate(objects):
        day = start + timedelta(days=place // 2)
        uri = f"s3://data/churn/date={day}/part-{place}.parquet"
        ids, label, number, category, who = zip(*rows, strict=True) if rows else ((), (), (), (), ())
        numbers = np.array([np.nan if each is None else each for each in number], dtype=float)
        ports.tables.by_uri[uri] = {
            "id": list(ids),
            "left": list(label),
            "age": numbers,
            "plan": np.array(category, dtype=object),
            "who": list(who),
        }
        items.append(DataObject(uri=uri, etag="e", size=1, date=day, part=parts[place]))
    end = items[-1].date
    windows = {
        "training": {"start": start, "end": end, "objects": [item for item in items if item.date < end]},
        "holdout": {"start": end, "end": end + timedelta(days=1), "objects": [i for i in items if i.date == end]},
    }
    own = {"format": "parquet", "row_id": "id", "label": "left"}
    for window in windows.values():
        window["label_objects"] = items if labels else []
    columns: dict[str, Any] = {"format": "parquet", "row_id": "id", "label": "left", "labels": own if labels else None}
    columns |= {"numeric": ["age"], "categorical": ["plan"], "entity": "who" if entity else None}
    about = {"job_id": "churn-1", "model_name": "churn", "data": columns}
    return Manifest.model_validate({**about, **windows}), ports.tables


def seen(manifest: Manifest, tables: TableReader, order: dice.Random | None = None) -> Any:
    """Everything about merged parts that does not depend on how they were sampled, as one comparable value."""
    parts = [unpack(pack(read_part(manifest, part, tables))) for part in range(manifest.parts)]
    if order:
        order.shuffle(parts)
    merged = merge_parts(parts, manifest)
    summary = summary_of(merged, manifest.data)
    windows = [
        {
            "numbers": {name: [np.asarray(each).tolist() for each in cells] for name, cells in part.numbers.items()},
            "categories": part.categories,
            # Which two there are makes no difference.
            "days": [part.days.days.tolist(), ["two" if low < high else str(low) for low, high in ranges]],
            "few": {
                name: {day: few if len(few) < 2 else 2 for day, few in by_day.items()}
                for name, by_day in part.few_categories.items()
            },
            "sampled": sorted(map(repr, zip(sample.days, sample.values[0], strict=True))),
            "entities": part.entities and sorted(map(repr, part.entities.numbers[0])),
        }
        for part, sample in ((window.features, window.sample) for window in (merged.training, merged.holdout))
        for ranges in [part.days.ranges.reshape(-1, 2)]
    ]
    return summary.model_dump(exclude={"training": EXAMPLE, "holdout": EXAMPLE}), windows


@settings(max_examples=60, deadline=None)
@given(st.lists(ROWS, min_size=4, max_size=8), st.randoms(use_true_random=False), st.booleans(), st.booleans())
def test_any_split_of_the_objects_in_any_order_shows_the_same(
    objects: list[list[Any]], random: dice.Random, labels: bool, entity: bool
) -> None:
    """Parts may be empty, or have only missing values."""
    one = seen(*frozen(objects, [0] * len(objects), labels, entity))
    parts = [random.randrange(4) for _ in objects]
    assert seen(*frozen(objects, parts, labels, entity), random) == one
