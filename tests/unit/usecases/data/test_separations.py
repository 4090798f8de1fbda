"""Few rows a day are read day after day, until there are enough of them to tell a leak from a strong feature."""

from datetime import date, timedelta

import numpy as np
import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.data_checks.leakage import SUSPICIOUS_SHARE
from auto_retrain.domain.manifest import DataColumns, DataObject, FrozenWindow
from auto_retrain.domain.metric_kinds import Task
from auto_retrain.usecases.data.separations import separations

COLUMNS = DataColumns(format="parquet", row_id="id", label="y", numeric=("strong", "copy"), categorical=())
START = date(2026, 1, 1)


@pytest.mark.parametrize("rows_a_day", [1, 2, 30])
@pytest.mark.parametrize("seed", range(6))
def test_however_few_rows_a_day_has_a_strong_feature_is_no_leak(rows_a_day: int, seed: int) -> None:
    random, ports = np.random.default_rng(seed), MemoryPorts()
    objects = []
    for day in range(300):
        item = DataObject(uri=f"s3://data/{day}", etag="e", size=1, date=START + timedelta(days=day))
        label = random.integers(0, 2, rows_a_day)
        strong = random.normal(2.7 * label, 1)
        ports.tables.by_uri[item.uri] = {"strong": strong, "copy": label + 0.0, "y": [str(y) for y in label]}
        objects.append(item)
    window = FrozenWindow(start=START, end=START + timedelta(days=300), objects=tuple(objects))
    found = separations(COLUMNS, window, ports)
    assert found["strong"] < 0.93
    assert found["copy"] > SUSPICIOUS_SHARE[Task.CLASSIFICATION]
