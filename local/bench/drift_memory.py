"""Profiles one huge Parquet object in a process of its own and prints what that took; run by the drift bench."""

import io
import json
import os
import resource
import tempfile
import time
from datetime import date
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from auto_retrain.adapters.arrow_tables import ArrowTableReader
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.adapters.memory.data import MemoryDataStore
from auto_retrain.adapters.ranged_object import RangedObject
from auto_retrain.domain.data_policy import DriftPolicy
from auto_retrain.domain.dataset import DataColumns, DataObject
from auto_retrain.domain.windows import Window
from auto_retrain.usecases.reference_profile import build_profile

ROW_GROUP = 200_000
ROW_GROUPS = 50
NUMERIC = tuple(f"number_{place:02}" for place in range(45))
CATEGORICAL = tuple(f"category_{place}" for place in range(5))


class RangedFiles(MemoryDataStore):
    """Opens files of this machine as large S3 objects are opened: in parts."""

    def add_file(self, prefix: str, day: date, path: Path) -> DataObject:
        found = DataObject(uri=str(path), etag="", size=path.stat().st_size, date=day)
        self._partitions.setdefault(prefix, []).append(found)
        return found

    def open(self, found: DataObject) -> IO[bytes]:
        descriptor = os.open(found.uri, os.O_RDONLY)
        return cast(IO[bytes], RangedObject(found.size, partial(_range, descriptor)))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "object.parquet"
        _write(path)
        started = time.perf_counter()
        profile = _profile(path)
        seconds = time.perf_counter() - started
    features = len(profile.features)
    assert profile.rows == ROW_GROUP * ROW_GROUPS
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = {
        "rows": profile.rows,
        "features": features,
        "table_mb": profile.rows * features * 8 / 1e6,
        "peak_mb": peak / 1000,
        "seconds": seconds,
    }
    print(json.dumps(report))


def _write(path: Path) -> None:
    """One row group on disk, which the footer names so often that the object is as large as it should be."""
    random = np.random.default_rng(1)
    numbers = {name: random.normal(size=ROW_GROUP) for name in NUMERIC}
    levels = {name: pa.array(random.integers(0, 1000, ROW_GROUP).astype(str)) for name in CATEGORICAL}
    parquet.write_table(pa.table(numbers | levels), path, row_group_size=ROW_GROUP, compression="snappy")
    one = parquet.read_metadata(path)
    whole = parquet.read_metadata(path)
    # Most of a minute would go into writing it out.
    for _ in range(ROW_GROUPS - 1):
        whole.append_row_groups(one)
    footer = io.BytesIO()
    whole.write_metadata_file(footer)
    with path.open("ab") as file:
        file.write(footer.getvalue()[len(b"PAR1") :])


def _profile(path: Path) -> Any:
    ports, files = MemoryPorts(), RangedFiles()
    ports.tables = ArrowTableReader(files)  # type: ignore[assignment]
    columns = DataColumns(format="parquet", row_id="id", label="y", numeric=NUMERIC, categorical=CATEGORICAL)
    day = date(2026, 1, 1)
    found, window = files.add_file("bench", day, path), Window(start=day, end=date(2026, 1, 2))
    return build_profile("bench", columns, DriftPolicy(), window, [found], ports)


def _range(descriptor: int, start: int, end: int) -> bytes:
    return os.pread(descriptor, end - start, start)


if __name__ == "__main__":
    main()
