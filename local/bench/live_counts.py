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
from local.bench.live_counts_memory import LABELS, LOG, ROWS, START

FILES = 50
# By its path: as a part of this package it would load all other benchmarks, and what they need, first.
COUNTING = ["-P", str(Path(__file__).with_name("live_counts_memory.py"))]


def measure() -> list[Figure]:
    """In a process of its own, whose memory holds nothing else."""
    with tempfile.TemporaryDirectory() as name:
        write_log(Path(name))
        return [
            *_figures(name, f"counting {ROWS:,} logged requests", hours=2),
            *_figures(name, f"counting {ROWS:,} logged requests with labels", hours=8 * 24),
        ]


def _figures(folder: str, name: str, hours: int) -> list[Figure]:
    """Counting so many hours after the step began."""
    command = [sys.executable, *COUNTING, folder, str(hours)]
    report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [
        Figure(name, report["seconds"], "CPU s", 1, f"{report['next_seconds']:.2f} CPU s for the next pass"),
        Figure(f"{name}: memory", report["peak_mb"], "MB", 300, f"{report['before_mb']:.0f} MB before reading"),
    ]


def write_log(folder: Path) -> None:
    """An hour of requests, a file a minute, and all their labels."""
    hour, labels, random = folder / LOG / partition_of(START), folder / LABELS, np.random.default_rng(1)
    hour.mkdir(parents=True)
    labels.mkdir()
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
        true = np.where(random.uniform(size=rows) < 0.3, "yes", "no")
        parquet.write_table(pa.table({"id": columns["prediction_id"], "y": true}), labels / f"part-{minute:02}.parquet")
