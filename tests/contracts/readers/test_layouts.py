"""The same rows are read through a manifest, by both readers, however their days are laid out."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from moto import mock_aws

from auto_retrain.adapters.data.arrow_tables import ArrowTableReader
from auto_retrain.adapters.data.s3 import S3DataStore
from auto_retrain.domain.digest import canonical_json
from auto_retrain.domain.layouts import Layout, folder_of
from auto_retrain.domain.manifest import FrozenWindow
from auto_retrain.usecases.data.manifest import freeze_data, read_manifest
from auto_retrain.usecases.data.summarize import summarize_data
from tests.aws_clients import REGION, aws_client
from tests.unit.builders import a_policy
from tests.unit.usecases.world import World
from train_model.data import read_window
from train_model.order import Manifest
from train_model.storage import Storage

HOLDOUT, TRAINING = 2, 30
ROWS = 20
DATA = {"prefix": "team/churn", "row_id": "id", "label": "left", "numeric": ["age"], "categorical": ["plan"]}


def rows_of(day: date) -> pd.DataFrame:
    """Rows that say of which day they are."""
    ids = [f"{day}-{number}" for number in range(ROWS)]
    plans = ["basic", "full"] * (ROWS // 2)
    return pd.DataFrame({"id": ids, "age": range(ROWS), "plan": plans, "left": [0, 1] * (ROWS // 2)})


class Laid:
    """A model whose data are in S3, in a layout, for more days than its windows have."""

    def __init__(self, **data: Any) -> None:
        triggers = {"evaluation_window_days": HOLDOUT, "training_window_days": TRAINING}
        self.world = World(a_policy(triggers=triggers, data={**DATA, **data}))
        self.client = aws_client("s3")
        for bucket in ("data", "artifacts"):
            self.client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.world.ports.data = S3DataStore(self.client, "data", "artifacts")  # type: ignore[assignment]
        self.world.ports.tables = ArrowTableReader(self.world.ports.data)  # type: ignore[assignment]
        self.job = self.world.job(self.world.open())

    def put(self, path: str, content: bytes) -> None:
        self.client.put_object(Bucket="data", Key=f"team/churn/{path}", Body=content)

    def put_days(self, layout: Layout, folders: str = "") -> None:
        for day in self.days(margin=3):
            self.put(f"{folder_of(day, layout)}/{folders}part-0.parquet", rows_of(day).to_parquet())

    def days(self, margin: int = 0) -> list[date]:
        windows = self.job.windows
        first = windows.training.start - timedelta(days=margin)
        return [first + timedelta(days=number) for number in range(HOLDOUT + TRAINING + 2 * margin)]

    def ids(self) -> dict[str, list[list[str]]]:
        """The row ids of both windows: as the control plane reads them, and the container."""
        ports = self.world.ports
        frozen = freeze_data(self.job, self.world.policy, ports)
        manifest = read_manifest(frozen, ports)
        theirs = Manifest.model_validate_json(canonical_json(manifest))
        storage = Storage(self.client)
        assert summarize_data(manifest, ports).summary.overlap == 0
        return {
            name: [self._ours(getattr(manifest, name)), self._theirs(storage, theirs, name)]
            for name in ("training", "holdout")
        }

    def _ours(self, window: FrozenWindow) -> list[str]:
        batches = self.world.ports.tables.batches(window.objects, "parquet", ["age"], ["plan"], ["id"])
        return [str(text) for batch in batches for text in batch.texts["id"]]

    @staticmethod
    def _theirs(storage: Storage, manifest: Manifest, name: str) -> list[str]:
        rows = read_window(storage, manifest.data, getattr(manifest, name))
        return [str(text) for text in rows.row_ids]


@pytest.fixture
def aws() -> Iterator[None]:
    with mock_aws():
        yield


def expected_ids(days: list[date]) -> list[str]:
    return [text for day in days for text in rows_of(day)["id"]]


@pytest.mark.parametrize("folders", ["", "hour=07/"])
@pytest.mark.parametrize("layout", Layout)
def test_both_readers_read_the_rows_of_the_windows_in_every_layout(aws: None, layout: Layout, folders: str) -> None:
    laid = Laid(layout=layout)
    laid.put_days(layout, folders)
    days = laid.days()
    assert laid.ids() == {
        "training": [expected_ids(days[:TRAINING])] * 2,
        "holdout": [expected_ids(days[TRAINING:])] * 2,
    }
