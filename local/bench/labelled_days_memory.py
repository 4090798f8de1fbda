"""Counts a day of a million labelled answers in a process of its own, then looks again; `labelled_days` runs it."""

import json
import re
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO, Any, cast

from auto_retrain.adapters.clock import SystemClock
from auto_retrain.adapters.metrics.prediction_log import PredictionLogMetricSource
from auto_retrain.domain.errors import ArtifactMissing
from auto_retrain.domain.manifest import DataObject
from auto_retrain.domain.metric_reading import MetricQuery
from auto_retrain.domain.policy.data import DataPolicy
from auto_retrain.domain.policy.metric import PredictionLogMetric
from auto_retrain.domain.windows import Window

ROWS = 1_000_000
DAY = date(2026, 3, 1)
LOOKS = 20


class _Files:
    """A data store of local files, with documents in memory; it counts its calls."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._documents, self.calls = folder, dict[str, bytes](), 0

    def list_partitions(self, prefix: str, window: Window, *_: object) -> list[DataObject]:
        self.calls += 1
        paths = sorted((self._folder / prefix).rglob("*.parquet")) if window.start <= DAY < window.end else []
        return [DataObject(uri=str(path), etag="", size=path.stat().st_size, date=DAY) for path in paths]

    def open(self, stored: DataObject) -> IO[bytes]:
        self.calls += 1
        return Path(stored.uri).open("rb", buffering=0)

    def read(self, uri: str, _max_bytes: int) -> bytes:
        self.calls += 1
        if uri not in self._documents:
            raise ArtifactMissing(uri)
        return self._documents[uri]

    def write(self, key: str, content: bytes) -> None:
        self.calls += 1
        self._documents[key] = content

    def uri(self, key: str) -> str:
        return key


def main() -> None:
    files = _Files(Path(sys.argv[1]))
    source, query = PredictionLogMetricSource(cast(Any, files), SystemClock()), _query()
    before, started = _peak_mb(), time.process_time()
    (reading,) = source.read([query])
    seconds, peak = time.process_time() - started, _peak_mb()
    assert reading.problem is None, reading.problem
    assert reading.label_share == 1, reading
    files.calls, started = 0, time.perf_counter()
    for _ in range(LOOKS):
        source.read([query])
    again = (time.perf_counter() - started) / LOOKS
    report = {"seconds": seconds, "again_ms": again * 1000, "again_calls": files.calls / LOOKS}
    print(json.dumps(report | {"peak_mb": peak, "before_mb": before}))


def _query() -> MetricQuery:
    """When the labels of the day are due."""
    data = DataPolicy.model_validate({"prefix": "labels", "row_id": "id", "label": "y", "numeric": ["x"]}, strict=False)
    metric = PredictionLogMetric(source="prediction_log", prefix="log")
    start = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    return MetricQuery("bench", metric, start, start + timedelta(days=1), version="1", data=data)


def _peak_mb() -> float:
    """Of this program alone; getrusage would include the memory of the process that started it."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1000


if __name__ == "__main__":
    main()
