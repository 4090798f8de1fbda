"""The profile of a large Parquet object, next to DuckDB and Polars that do the same with the same file."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from local.bench.drift_memory import CATEGORICAL, NUMERIC, write_large_object
from local.bench.figure import Figure
from local.paths import ROOT, env_python

OURS = "from local.bench.drift_memory import main; main()"

# Deciles of each number from a sample, the rows up to each of them, and the rows of each category.
_BEGINNING = """
import json, re, sys, time
from pathlib import Path
path, numeric, categorical = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
tenths = [tenth / 10 for tenth in range(1, 10)]
"""
_END = """
status = Path("/proc/self/status").read_text()
peak_mb = int(re.findall(r"VmHWM:\\s+(\\d+) kB", status)[0]) / 1000
seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - cpu_started
print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mb": peak_mb}))
"""
DUCKDB = f"""
{_BEGINNING}
import duckdb
database = duckdb.connect()
database.execute("SET enable_progress_bar = false")
started, cpu_started = time.perf_counter(), time.process_time()
sampled = f"SELECT * FROM read_parquet('{{path}}') USING SAMPLE reservoir(100000 ROWS) REPEATABLE (1)"
database.execute(f"CREATE TEMP TABLE sampled AS {{sampled}}")
deciles = ", ".join(f"quantile_disc({{name}}, {{tenths}})" for name in numeric)
edges = database.execute(f"SELECT {{deciles}} FROM sampled")
counts = [f"histogram({{name}}, {{of}})" for name, of in zip(numeric, edges.fetchone())]
counts += [f"count({{name}})" for name in numeric]
database.execute(f"SELECT {{', '.join(counts)}} FROM read_parquet('{{path}}')").fetchone()
for name in categorical:
    database.execute(f"SELECT {{name}}, count(*) FROM read_parquet('{{path}}') GROUP BY 1").fetchall()
{_END}"""
POLARS = f"""
{_BEGINNING}
import polars
started, cpu_started = time.perf_counter(), time.process_time()
for name in numeric:
    values = polars.read_parquet(path, columns=[name])[name]
    sample = values.sample(100_000, seed=1)
    [int((values <= sample.quantile(tenth, "lower")).sum()) for tenth in tenths]
    values.null_count()
for name in categorical:
    polars.read_parquet(path, columns=[name])[name].value_counts()
{_END}"""


class Taken(NamedTuple):
    """What one program took."""

    seconds: float
    cpu_seconds: float
    peak_mb: float

    def __str__(self) -> str:
        return f"{self.seconds:.1f} s, {self.cpu_seconds:.1f} CPU s, {self.peak_mb:,.0f} MB"


def measure() -> list[Figure]:
    """Time and memory of our profile, and the CPU seconds by those of the others."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "object.parquet"
        write_large_object(path)
        ours = json.loads(_output([sys.executable, "-c", OURS, str(path)]))
        duckdb, polars = _taken(DUCKDB, path), _taken(POLARS, path)
    rows, features, seconds = ours["rows"], ours["features"], ours["cpu_seconds"]
    name, table_mb = f"profile of {rows:,} x {features}", rows * features * 8 / 1e6
    return [
        Figure(f"{name} in one object: memory", ours["peak_mb"], "MB", 400, f"{table_mb:,.0f} MB as a table"),
        Figure(f"{name} in one object: time", ours["seconds"], "s", 3),
        Figure(f"{name} in one object: CPU", seconds, "CPU s"),
        Figure(f"{name}, by DuckDB's CPU", seconds / duckdb.cpu_seconds, "", 1, f"{duckdb} for DuckDB"),
        Figure(f"{name}, by Polars' CPU", seconds / polars.cpu_seconds, "", 1, f"{polars} for Polars"),
    ]


def _taken(program: str, path: Path) -> Taken:
    command = [str(env_python("bench")), "-c", program, str(path), json.dumps(NUMERIC), json.dumps(CATEGORICAL)]
    return Taken(**json.loads(_output(command)))


def _output(command: list[str]) -> str:
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise RuntimeError(finished.stderr)
    return finished.stdout.strip().splitlines()[-1]
