"""Validation of large holdouts, compared with scikit-learn's metrics and a bootstrap row by row."""

import io
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

from local.bench.figure import Figure
from local.paths import CORE, ROOT, env_python

LARGE, SMALL, MEASURED_REPLICATES = 1_000_000, 10_000, 20
PROBE = "from local.bench.validation import main; main()"


def measure() -> list[Figure]:
    """Time and memory of judging a million rows and ten thousand, each in a process of its own."""
    large, small = _probe(LARGE), _probe(SMALL)
    alternative = f"{small['bootstrap']:.0f} s for 2,000 replicates of scikit-learn's F1 alone, row by row"
    return [
        Figure(f"validation of {LARGE:,} rows", large["seconds"], "s", 10),
        Figure(f"validation of {LARGE:,} rows: memory", large["megabytes"], "MB", 1500),
        Figure(f"validation of {SMALL:,} rows", small["seconds"], "s", 0.3, alternative),
        Figure(f"report on {LARGE:,} rows", large["report"], "s", 1),
        Figure(f"report on {LARGE:,} rows: size", large["page"], "MB", 1.5),
    ]


def _probe(rows: int) -> dict[str, float]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (CORE, ROOT))), "ROWS": str(rows)}
    command = [str(env_python("dev")), "-c", PROBE]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(process.stdout)
    return figures


def main() -> None:
    """Print the time and memory of one validation: reading both files, every metric, comparison, slices and gates."""
    from auto_retrain.adapters.memory import MemoryPorts
    from auto_retrain.domain.policy.policy import Policy

    rows = int(os.environ["ROWS"])
    data = {"prefix": "shop", "row_id": "id", "label": "bought", "numeric": ["age"], "slices": ["plan"]}
    policy = Policy.model_validate({"model": "shop", "owner": "team", "data": data}, strict=False)
    ports, random = MemoryPorts(), np.random.default_rng(1)
    files = [write_predictions(name, rows, signal, random, ports) for name, signal in (("1", 1.5), ("2", 2.5))]
    judge(files, policy, ports)  # imports, and what numpy does only once
    runs = 1 if rows > SMALL else 5
    started = time.perf_counter()
    for _ in range(runs):
        judge(files, policy, ports)
    seconds = (time.perf_counter() - started) / runs
    figures = {"seconds": seconds, "megabytes": peak_megabytes(), **_report(files, policy, ports)}
    if rows <= SMALL:
        figures["bootstrap"] = _row_by_row(rows, random)
    print(json.dumps(figures))


def _report(files: list[Any], policy: Any, ports: Any) -> dict[str, float]:
    """Seconds to draw both versions' curves and to write the page, and its megabytes."""
    from auto_retrain.comparison.curves import curves_of
    from auto_retrain.report import render_report
    from local.bench.report_record import record_of

    versions = judge(files, policy, ports)
    job, result = record_of(versions)
    started = time.perf_counter()
    page = render_report(job, result, curves_of(versions.challenger), curves_of(versions.champion))
    return {"report": time.perf_counter() - started, "page": len(page.encode()) / 1e6}


def peak_megabytes() -> float:
    """The most memory that this process ever had."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1000


def judge(files: list[Any], policy: Any, ports: Any) -> Any:
    """Compare the versions of two prediction files, the champion's first, and ask all gates."""
    from auto_retrain.comparison.compare import compare
    from auto_retrain.comparison.confusion import confusion_of
    from auto_retrain.comparison.pair_up import pair_up
    from auto_retrain.comparison.slices import compare_slices
    from auto_retrain.gates import judge_gates
    from auto_retrain.usecases.validating.load_predictions import load_predictions

    champion, challenger = (load_predictions(file, policy.data, ports) for file in files)
    challenger.digests()
    versions = pair_up(challenger, champion, policy, seed=0)
    comparison = compare(versions, slices=compare_slices(versions))
    confusion_of(versions)
    judge_gates(policy, comparison)
    return versions


def write_predictions(
    name: str, rows: int, signal: float, random: np.random.Generator, ports: Any, save: Any = np.savez
) -> Any:
    """Store a prediction file and describe it; the larger the signal, the better is the model."""
    from auto_retrain.domain.digest import sha256_of
    from auto_retrain.domain.results import PredictionFile

    labels = np.arange(rows) % 2
    yes = 1 / (1 + np.exp(-(signal * (2 * labels - 1) + random.normal(size=rows))))
    file = io.BytesIO()
    arrays: dict[str, Any] = {
        "row_ids": np.char.add("row-", np.arange(rows).astype(str)),
        "labels": labels.astype(np.int32),
        "predictions": (yes > 0.5).astype(np.int32),
        "classes": np.array(["no", "yes"]),
        "scores": np.column_stack([1 - yes, yes]),
    }
    arrays["slice:plan"] = np.array(["free", "plus", "pro"])[np.arange(rows) % 3]
    save(file, **arrays)
    uri = ports.data.write(f"{name}.npz", file.getvalue())
    return PredictionFile(uri=uri, sha256=sha256_of(file.getvalue()), rows=rows)


def _row_by_row(rows: int, random: np.random.Generator) -> float:
    """Seconds that 2,000 replicates of one metric take the usual way, extrapolated from a few of them."""
    from sklearn.metrics import f1_score

    labels = np.arange(rows) % 2
    predictions = np.where(random.random(rows) < 0.9, labels, 1 - labels)
    started = time.perf_counter()
    for _ in range(MEASURED_REPLICATES):
        drawn = random.integers(rows, size=rows)
        f1_score(labels[drawn], predictions[drawn])
    return (time.perf_counter() - started) / MEASURED_REPLICATES * 2000
