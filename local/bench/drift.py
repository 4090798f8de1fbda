"""The drift check, against Evidently on the same frame."""

import json
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from auto_retrain.adapters.data.arrow_tables import ArrowTableReader
from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.deployment_ledger import LedgerLine
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.verdict import Outcome
from auto_retrain.domain.windows import windows_at
from auto_retrain.usecases.triggering.drift_evidence import judge_drift_now
from local.bench.drift_memory import Files
from local.bench.figure import Figure
from local.paths import ROOT, env_python

ROWS = 100_000
NUMERIC = [f"number_{place:02}" for place in range(40)]
CATEGORICAL = [f"category_{place}" for place in range(10)]
REPEATS = 5

EVIDENTLY = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

frames = [pd.read_parquet(path) for path in sys.argv[1:3]]
definition = DataDefinition(numerical_columns=json.loads(sys.argv[3]), categorical_columns=json.loads(sys.argv[4]))
started = time.process_time()
reference, live = (Dataset.from_pandas(frame, data_definition=definition) for frame in frames)
Report([DataDriftPreset(num_method="psi", cat_method="psi")]).run(live, reference).dict()
print(time.process_time() - started)
"""


def measure() -> list[Figure]:
    """CPU seconds of one check against a stored profile."""
    with tempfile.TemporaryDirectory() as name:
        folder, random = Path(name), np.random.default_rng(1)
        for side in ("reference", "live"):
            parquet.write_table(_frame(random), folder / f"{side}.parquet")
        ours, theirs = _our_seconds(folder), _evidently_seconds(folder)
    check = f"drift check of {ROWS:,} x {len(NUMERIC) + len(CATEGORICAL)}"
    return [
        Figure(check, ours, "CPU s", 0.5, f"{theirs:.1f} CPU s for Evidently's report"),
        Figure(f"{check}, by Evidently's", ours / theirs, "", 1 / 40, "both in this run"),
    ]


def _frame(random: np.random.Generator) -> pa.Table:
    numbers = {name: random.normal(size=ROWS) for name in NUMERIC}
    levels = {
        name: pa.array(random.integers(0, 10 * (place + 1), ROWS).astype(str)) for place, name in enumerate(CATEGORICAL)
    }
    return pa.table(numbers | levels)


def _our_seconds(folder: Path) -> float:
    """The median of some checks; the first one, which builds the profile, is not counted."""
    policy, ports = _policy(), MemoryPorts()
    files = Files()
    ports.data, ports.tables = files, ArrowTableReader(files)  # type: ignore[assignment]
    at = ports.clock.now()
    windows = windows_at(at, evaluation_days=2, training_days=10, label_delay_days=0)
    for name, window in (("reference", windows.training), ("live", windows.holdout)):
        files.add_file(policy.data.prefix, window.start, folder / f"{name}.parquet")
    ports.ledger.add(
        LedgerLine(
            model_name=policy.model,
            sequence=1,
            version=ModelVersion(number="1"),
            previous_version=None,
            job_id="bench",
            reason="bench",
            deployed_at=at,
            windows=windows,
        )
    )
    seconds = []
    for _ in range(REPEATS + 1):
        started = time.process_time()
        findings = judge_drift_now(policy, at, ports)
        seconds.append(time.process_time() - started)
        assert findings.dataset.outcome is Outcome.UNMET
        assert findings.features[0].n == ROWS
    return sorted(seconds[1:])[REPEATS // 2]


def _policy() -> Policy:
    data = {"prefix": "bench", "row_id": "id", "label": "y", "numeric": NUMERIC, "categorical": CATEGORICAL}
    triggers = {"evaluation_window_days": 2}
    document = {"model": "bench", "owner": "bench", "data": data, "triggers": triggers}
    return Policy.model_validate(document, strict=False)


def _evidently_seconds(folder: Path) -> float:
    """CPU seconds of the report alone, without importing Evidently and reading the data."""
    paths = [str(folder / f"{side}.parquet") for side in ("reference", "live")]
    command = [str(env_python("trainer")), "-c", EVIDENTLY, *paths, json.dumps(NUMERIC), json.dumps(CATEGORICAL)]
    return float(_output(command, {"HOME": str(folder), "DO_NOT_TRACK": "1"}))


def _output(command: list[str], environment: dict[str, str] | None = None) -> str:
    finished = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True)
    return finished.stdout.strip().splitlines()[-1]
