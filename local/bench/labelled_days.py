"""A metric from the prediction log: counting a day of a million labelled answers, and a look at what was counted."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from local.bench.figure import Figure
from local.bench.labelled_days_memory import ROWS
from local.bench.live_counts import write_log

# By its path: as a part of this package it would load all other benchmarks, and what they need, first.
COUNTING = ["-P", str(Path(__file__).with_name("labelled_days_memory.py"))]


def measure() -> list[Figure]:
    """In a process of its own, whose memory holds nothing else."""
    with tempfile.TemporaryDirectory() as name:
        write_log(Path(name))
        command = [sys.executable, *COUNTING, name]
        report = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    day = f"quality of a day of {ROWS:,} labelled answers"
    return [
        Figure(day, report["seconds"], "CPU s", 3),
        Figure(f"{day}, memory", report["peak_mb"], "MB", 500, f"{report['before_mb']:.0f} MB before reading"),
        Figure("a look at a day that was counted", report["again_ms"], "ms", 5),
        Figure("a look at a day that was counted: calls of S3", report["again_calls"], "calls", 1),
    ]
