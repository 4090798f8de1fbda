"""Data as programs really leave them: one value in several spellings, and other files beside the rows."""

import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from auto_retrain.adapters.data.arrow_tables import ArrowTableReader
from auto_retrain.domain.data_check import DataCheck
from auto_retrain.domain.errors import DataInvalid, DataMissing
from auto_retrain.domain.messages.references import JobReference
from auto_retrain.domain.verdict import Outcome
from auto_retrain.usecases.data.check_data import check_data
from auto_retrain.usecases.data.manifest import read_manifest
from auto_retrain.usecases.triggering.drift_evidence import judge_drift_now
from tests.unit.builders import NOON, a_policy
from tests.unit.usecases.world import World

DATA = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"], "categorical": ["plan"]}
HOLDOUT, TRAINING = range(1, 6), range(6, 16)
ROWS = 100


def rows_of(back: int) -> pd.DataFrame:
    random = np.random.default_rng(back)
    ids = 100_000 * back + np.arange(ROWS)
    return pd.DataFrame(
        {"id": ids, "left": ids % 2, "age": random.normal(40, 10, ROWS), "plan": random.choice(["a", "b"], ROWS)}
    )


def as_csv(frame: pd.DataFrame) -> bytes:
    return frame.to_csv(index=False).encode()


def as_parquet(table: pd.DataFrame | pa.Table) -> bytes:
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pandas(table) if isinstance(table, pd.DataFrame) else table, file)
    return file.getvalue()


class Files(World):
    """A model whose days are files."""

    def __init__(self, data: dict[str, Any] | None = None) -> None:
        triggers = {"evaluation_window_days": 5, "training_window_days": 10}
        super().__init__(a_policy(triggers=triggers, data={**DATA, **(data or {})}))
        self.ports.data._partitions.clear()
        self.ports.tables = ArrowTableReader(self.ports.data)  # type: ignore[assignment]

    def put(self, back: int, content: bytes, name: str = "part-0", prefix: str = "churn") -> None:
        self.ports.data.add_partition(prefix, NOON.date() - timedelta(days=back), content, name)

    def check_data(self) -> DataCheck:
        job_id = self.open()
        check_data(JobReference(job_id=job_id), self.ports)
        check = self.job(job_id).data_check
        assert check is not None
        return check


def test_labels_with_gaps_are_two_classes_in_csv() -> None:
    world = Files({"format": "csv"})
    for back in range(1, 16):
        frame = rows_of(back).astype({"left": float})
        frame.loc[:: 25 if back % 2 else ROWS, "left"] = None
        world.put(back, as_csv(frame))
    summary = world.check_data().summary.training
    assert (summary.labelled, summary.distinct_labels, summary.rarest_class_rows) == (975, 2, 485)


def test_a_learned_row_is_recognised_in_another_spelling() -> None:
    world = Files({"format": "csv"})
    for back in range(1, 16):
        world.put(back, as_csv(rows_of(back)))
    learned = rows_of(8).head(3).astype({"id": float})
    world.put(2, as_csv(learned), "part-1")
    with pytest.raises(DataInvalid, match=r"3 row ids of the holdout .* are in the training window as well"):
        world.check_data()


def uuids(ids: list[int]) -> pa.Array:
    return pa.ExtensionArray.from_storage(pa.uuid(), pa.array([UUID(int=id).bytes for id in ids], pa.binary(16)))


SPELLED: dict[str, tuple[Callable[[list[int]], pa.Array], Callable[[list[int]], pa.Array]]] = {
    "floats": (pa.array, lambda ids: pa.array([float(id) for id in ids])),
    "decimals": (pa.array, lambda ids: pa.array([Decimal(id) for id in ids], pa.decimal128(10, 2))),
    "texts of floats": (pa.array, lambda ids: pa.array([f"{id}.0" for id in ids])),
    "uuids": (uuids, lambda ids: pa.array([str(UUID(int=id)).upper() for id in ids])),
}


@pytest.mark.parametrize(("of_rows", "of_labels"), SPELLED.values(), ids=SPELLED)
def test_labels_join_rows_whose_ids_are_spelled_otherwise(
    of_rows: Callable[[list[int]], pa.Array], of_labels: Callable[[list[int]], pa.Array]
) -> None:
    world = Files({"labels": {"prefix": "truth", "row_id": "id", "label": "left"}})
    for back in range(1, 16):
        table = pa.Table.from_pandas(rows_of(back), preserve_index=False)
        ids = table["id"].to_pylist()
        world.put(back, as_parquet(table.set_column(0, "id", of_rows(ids)).drop_columns(["left"])))
        world.put(back, as_parquet(table.select(["id", "left"]).set_column(0, "id", of_labels(ids))), prefix="truth")
    assert world.check_data().summary.training.labelled == 1000


LEFT_BEHIND = {
    "_committed_1": b'{"added":[]}',
    "_started_1": b"{}",
    ".part-0.parquet.crc": b"crc\0",
    "part-0.csv": b"a\n1\n",
    "manifest.json": b"{}",
    "_temporary/0/part-1.parquet": b"PAR1",
}


def test_what_programs_leave_beside_the_data_neither_stops_jobs_nor_is_bad_data() -> None:
    world = Files({"labels": {"prefix": "truth", "row_id": "id", "label": "left"}})
    for back in range(1, 16):
        frame = rows_of(back)
        world.put(back, as_parquet(frame.drop(columns="left")), "part-0.parquet")
        world.put(back, as_parquet(frame[["id", "left"]]), "part-0.parquet", "truth")
        for name, content in LEFT_BEHIND.items():
            world.put(back, content, name)
            world.put(back, content, name, "truth")
    assert world.check_data().summary.training.labelled == 1000
    job = world.job(world.open())
    manifest = read_manifest(job, world.ports)
    objects = [*manifest.training.objects, *manifest.holdout.label_objects]
    assert {item.name for item in objects} == {"part-0.parquet"}
    assert judge_drift_now(world.policy, NOON, world.ports).dataset.outcome is Outcome.UNMET


def test_a_window_in_which_only_such_files_lie_is_empty_and_names_one() -> None:
    world = Files()
    for back in range(1, 16):
        world.put(back, b"", "part-0.parquet")
        world.put(back, b"{}", "_SUCCESS")
    with pytest.raises(DataMissing, match="there are only others than parquet files, such as '_SUCCESS'"):
        world.check_data()


def test_a_numeric_column_with_texts_is_named_with_its_field_and_the_one_it_belongs_in() -> None:
    world = Files({"numeric": ["age", "plan"], "categorical": []})
    for back in range(1, 16):
        world.put(back, as_parquet(rows_of(back)))
    remedy = "if these are categories, move it from data.numeric to data.categorical"
    with pytest.raises(
        DataInvalid, match=rf"^data\.numeric names plan: .* must be numeric but holds string: {remedy}$"
    ):
        world.check_data()


def test_a_regression_whose_labels_are_texts_is_told_of_the_task() -> None:
    world = Files({"label": "plan", "categorical": [], "task": "regression"})
    for back in range(1, 16):
        world.put(back, as_parquet(rows_of(back)))
    with pytest.raises(DataInvalid, match=r"^data\.label names plan: .*: for classes, set data\.task: classification$"):
        world.check_data()
