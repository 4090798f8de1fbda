"""Counts a log of a million requests in a process of its own and prints what that took; `live_counts` runs it."""

import json
import re
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import IO, Any, cast

from auto_retrain.adapters.live.prediction_log import PredictionLogSource
from auto_retrain.domain.live import LiveQuery
from auto_retrain.domain.manifest import DataObject
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.windows import Window

ROWS = 1_000_000
LOG, LABELS = "log", "labels"
START = datetime(2026, 3, 1, 10, tzinfo=UTC)


class _Files:
    """A data store of local files, which loads nothing that a function would not."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def list_partitions(self, prefix: str, window: Window, *_: object) -> list[DataObject]:
        paths = sorted((self._folder / prefix).rglob("*.parquet"))
        return [DataObject(uri=str(path), etag="", size=path.stat().st_size, date=date(2026, 3, 1)) for path in paths]

    def open(self, stored: DataObject) -> IO[bytes]:
        return Path(stored.uri).open("rb", buffering=0)


def main() -> None:
    folder, hours = sys.argv[1:]
    source, query = PredictionLogSource(cast(Any, _Files(Path(folder)))), _query(int(hours))
    before, seconds = _peak_mb(), []
    for _ in range(2):
        started = time.process_time()
        (counts,) = source.read([query])
        seconds.append(time.process_time() - started)
        assert counts.problem is None, counts.problem
        arms = (counts.champion, counts.challenger)
        assert sum(arm.requests for arm in arms) == ROWS
        assert sum(arm.labelled for arm in arms) == sum(arm.mature for arm in arms)
    report = {"seconds": seconds[0], "next_seconds": seconds[1], "peak_mb": _peak_mb(), "before_mb": before}
    print(json.dumps(report))


def _query(hours: int) -> LiveQuery:
    """Labels are due after a week."""
    data = {"prefix": LABELS, "row_id": "id", "label": "y", "numeric": ["x"], "label_delay_days": 7}
    deployment = {"requests": {"source": "prediction_log", "prefix": LOG}}
    policy = Policy.model_validate(
        {"model": "bench", "owner": "bench", "data": data, "deployment": deployment}, strict=False
    )
    end = START + timedelta(hours=hours)
    return LiveQuery(policy=policy, rollout_id="bench-1", champion="1", challenger="2", start=START, end=end)


def _peak_mb() -> float:
    """Of this program alone; getrusage would include the memory of the process that started it."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) / 1000


if __name__ == "__main__":
    main()
