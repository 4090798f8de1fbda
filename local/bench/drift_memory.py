"""Profiles one large Parquet object in a process of its own; `local.bench.large_profile` prints what that took."""

import io
import json
import re
import sys
import time
from datetime import date
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from auto_retrain.adapters.data.arrow_tables import ArrowTableReader
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.adapters.memory.data import MemoryDataStore
from auto_retrain.domain.manifest import DataColumns, DataObject
from auto_retrain.domain.policy.data import DriftPolicy
from auto_retrain.domain.windows import Window
from auto_retrain.usecases.data.reference_profile import build_profile

ROW_GROUP = 1_000_000
ROW_GROUPS = 10
NUMERIC = tuple(f"number_{place:02}" for place in range(45))
CATEGORICAL = tuple(f"category_{place}" for place in range(5))


class Files(MemoryDataStore):
    """Opens local files the way large S3 objects are opened, to be read in parts."""

    def add_file(self, prefix: str, day: date, path: Path) -> DataObject:
        stored = DataObject(uri=str(path), etag="", size=path.stat().st_size, date=day)
        self._partitions.setdefault(prefix, []).append(stored)
        return stored

    def open(self, stored: DataObject) -> IO[bytes]:
        return Path(stored.uri).open("rb", buffering=0)


def write_large_object(path: Path) -> None:
    """One row group on disk; the footer lists it often enough to make a large object of it."""
    random = np.random.default_rng(1)
    numbers = {name: random.normal(size=ROW_GROUP) for name in NUMERIC}
    levels = {name: pa.array(random.integers(0, 1000, ROW_GROUP).astype(str)) for name in CATEGORICAL}
    parquet.write_table(pa.table(numbers | levels), path, row_group_size=ROW_GROUP)
    one, whole = parquet.read_metadata(path), parquet.read_metadata(path)
    for _ in range(ROW_GROUPS - 1):
        whole.append_row_groups(one)
    footer = io.BytesIO()
    whole.write_metadata_file(footer)
    with path.open("ab") as file:
        file.write(footer.getvalue().removeprefix(b"PAR1"))


def main() -> None:
    ports, files = MemoryPorts(), Files()
    ports.tables = ArrowTableReader(files)  # type: ignore[assignment]
    columns = DataColumns(format="parquet", row_id="id", label="y", numeric=NUMERIC, categorical=CATEGORICAL)
    day = date(2026, 1, 1)
    stored, window = files.add_file("bench", day, Path(sys.argv[1])), Window(start=day, end=date(2026, 1, 2))
    started, cpu_started = time.perf_counter(), time.process_time()
    profile = build_profile("bench", columns, DriftPolicy(), window, [stored], ports)
    taken = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu_started}
    print(json.dumps({"rows": profile.rows, "features": len(profile.features), "peak_mb": peak_mb()} | taken))


def peak_mb() -> float:
    """Of this program alone; getrusage would include the memory of the process that started it."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1000
