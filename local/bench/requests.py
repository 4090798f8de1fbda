"""Counting the requests of a rollout: time and memory of a pass over a log of a million, and of the next pass."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from auto_retrain.domain.prediction_log import partition_of
from local.bench.figure import Figure
from local.bench.request_counting import ROWS, START

FILES = 50
# By its path: as a part of this package it would load all other benchmarks, and what they need, first.
COUNTING = ["-P", str(Path(__file__).with_name("request_counting.py"))]


def measure() -> list[Figure]:
    """In a process of its own, whose memory holds nothing else."""
    with tempfile.TemporaryDirectory() as name:
        write_log(Path(name))
        answer = subprocess.run([sys.executable, *COUNTING, name], check=True, capture_output=True, text=True)
    report = json.loads(answer.stdout)
    log = f"live counts of {ROWS:,} logged requests"
    return [
        Figure(log, report["seconds"], "CPU s", 1, f"{report['next_seconds']:.2f} CPU s for the next pass"),
        Figure(f"{log}, memory", report["peak_mb"], "MB", 300, f"{report['before_mb']:.0f} MB before reading"),
    ]


def write_log(folder: Path) -> None:
    """An hour of requests, a file a minute."""
    hour, random = folder / partition_of(START), np.random.default_rng(1)
    hour.mkdir(parents=True)
    rows = ROWS // FILES
    for minute in range(FILES):
        seconds = np.sort(random.uniform(0, 60, rows))
        at = (np.datetime64(START.replace(tzinfo=None), "us") + np.timedelta64(minute, "m")) + (seconds * 1e6).astype(
            "timedelta64[us]"
        )
        columns = {
            "prediction_id": [
                f"{random.bytes(4).hex()}-{minute:04}-{number:06}-0000-000000000000" for number in range(rows)
            ],
            "predicted_at": pa.array(at, pa.timestamp("us", "UTC")),
            "model": ["bench"] * rows,
            "version": np.where(random.uniform(size=rows) < 0.25, "2", "1"),
            "served": np.ones(rows, bool),
            "prediction": np.where(random.uniform(size=rows) < 0.3, "yes", "no"),
            "entity_id": pa.array(random.integers(0, 200_000, rows)).cast(pa.string()),
            "rollout_id": ["bench-1"] * rows,
            "score": random.uniform(size=rows),
            "latency_ms": random.gamma(4, 10, rows),
            "error": pa.array(["timeout" if number % 100 == 0 else None for number in range(rows)], pa.string()),
        }
        parquet.write_table(pa.table(columns), hour / f"part-{minute:02}.parquet", compression="zstd")
