"""The check of data in parts, next to the same data in one piece."""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from local.bench.figure import Figure
from local.paths import ROOT, env_python

DAYS, PARTS, ROWS_OF_A_DAY = 20, 4, 50_000
NUMERIC, CATEGORICAL = tuple(f"number_{place}" for place in range(8)), ("plan", "place")
PROBE = "import sys; from local.bench import examination; getattr(examination, sys.argv[1])(*sys.argv[2:])"


def measure() -> list[Figure]:
    """CPU seconds and memory in one piece, in the pods of the parts, and to merge them, each in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        _run("write", folder)
        whole, pods = _run("examine", folder), [_run("examine_part", folder, str(part)) for part in range(PARTS)]
        merged = _run("merge", folder)
    name = f"check of {DAYS * ROWS_OF_A_DAY:,} rows"
    most = {kind: max(pod[kind] for pod in pods) for kind in pods[0]}
    return [
        Figure(f"{name} in 1 piece", whole["seconds"], "CPU s", 12),
        Figure(f"{name} in 1 piece: memory", whole["megabytes"], "MB", 600),
        Figure(f"{name} in {PARTS} parts, the longest pod", most["seconds"], "CPU s", 4),
        Figure(f"{name} in {PARTS} parts, the longest pod: memory", most["megabytes"], "MB", 400),
        Figure(f"{name} in {PARTS} parts, to merge", merged["seconds"], "CPU s", 6),
        Figure(f"{name} in {PARTS} parts, to merge: memory", merged["megabytes"], "MB", 600),
    ]


def _run(step: str, *arguments: str) -> dict[str, float]:
    command = [str(env_python("dev")), "-c", PROBE, step, *arguments]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(process.stdout or "{}")
    return figures


def write(folder: str) -> None:
    """Write a file for each day, of which the last two are the holdout."""
    import pyarrow as pa
    from pyarrow import parquet

    random = np.random.default_rng(1)
    for place in range(DAYS):
        rows: dict[str, Any] = {name: random.normal(size=ROWS_OF_A_DAY) for name in NUMERIC}
        rows |= {name: random.integers(0, 100, ROWS_OF_A_DAY).astype(str) for name in CATEGORICAL}
        rows["id"] = [f"row-{place}-{number}" for number in range(ROWS_OF_A_DAY)]
        rows["bought"] = random.integers(0, 2, ROWS_OF_A_DAY).astype(str)
        parquet.write_table(pa.table(rows), Path(folder) / f"{place:02}.parquet")


def examine(folder: str) -> None:
    """Print what it takes in one piece."""
    from auto_retrain.usecases.data.examine_data import examine_data
    from local.bench.report_record import a_job

    manifest, policy, ports = _frozen(folder, parts=1)
    job, started = a_job(), time.process_time()
    examine_data(job, policy, manifest, ports)
    _print_taken(started)


def examine_part(folder: str, part: str) -> None:
    """Do what the pod of one part does, and print what it takes."""
    from auto_retrain.usecases.data.part_files import pack
    from auto_retrain.usecases.data.read_part import read_part

    manifest, _, ports = _frozen(folder, PARTS)
    started = time.process_time()
    content = pack(read_part(manifest, int(part), ports.tables))
    _print_taken(started)
    (Path(folder) / f"{part}.npz").write_bytes(content)


def merge(folder: str) -> None:
    """Print what it takes to merge what the pods have left, and to judge it."""
    from auto_retrain.usecases.data.examine_data import examine_data
    from auto_retrain.usecases.data.part_files import unpack
    from local.bench.report_record import a_job

    manifest, policy, ports = _frozen(folder, PARTS)
    job, started = a_job(), time.process_time()
    parts = (unpack((Path(folder) / f"{part}.npz").read_bytes()) for part in range(PARTS))
    examine_data(job, policy, manifest, ports, parts)
    _print_taken(started)


def _frozen(folder: str, parts: int) -> tuple[Any, Any, Any]:
    """The manifest of the files, a policy that reads them, and what opens them."""
    from auto_retrain.adapters.data.arrow_tables import ArrowTableReader
    from auto_retrain.adapters.memory import MemoryPorts
    from auto_retrain.domain.manifest import DataColumns, FrozenWindow, Manifest, in_parts
    from auto_retrain.domain.policy.policy import Policy
    from local.bench.drift_memory import Files

    ports, files, first = MemoryPorts(), Files(), date(2026, 1, 1)
    ports.tables = ArrowTableReader(files)  # type: ignore[assignment]
    paths = sorted(Path(folder).glob("*.parquet"))
    days = [first + timedelta(days=place) for place in range(DAYS + 1)]
    objects = [files.add_file("shop", day, path) for day, path in zip(days, paths, strict=False)]
    training, holdout = objects[:-2], objects[-2:]
    names = {"row_id": "id", "label": "bought", "numeric": NUMERIC, "categorical": CATEGORICAL}
    manifest = Manifest(
        job_id="shop-1",
        model_name="shop",
        data=DataColumns(format="parquet", **names),
        training=FrozenWindow(start=days[0], end=days[-3], objects=in_parts(training, parts)),
        holdout=FrozenWindow(start=days[-3], end=days[-1], objects=in_parts(holdout, parts)),
    )
    data = {"prefix": "shop", **names, "parts": parts}
    return manifest, Policy.model_validate({"model": "shop", "owner": "team", "data": data}, strict=False), ports


def _print_taken(started: float) -> None:
    from local.bench.validation import peak_megabytes

    print(json.dumps({"seconds": time.process_time() - started, "megabytes": peak_megabytes()}))
