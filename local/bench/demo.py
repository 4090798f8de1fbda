"""What the demo took: the time of the year and of each scenario, and the state transitions of a retraining."""

import json
import subprocess
import sys
import time

from local.bench.figure import Figure
from local.demo.scenarios import SCENARIOS
from local.paths import DEMO, ROOT

# Weeks of daily looks are no matter of a minute.
SECONDS = dict.fromkeys(SCENARIOS, 60) | {"backtest": 180}


def measure() -> list[Figure]:
    """Run each in a process of its own; the year leaves a summary."""
    _run("year")
    summary = json.loads((DEMO / "summary.json").read_text())
    transitions = [row["transitions"] for row in summary["rows"] if row["job_id"]]
    return [
        Figure("demo, environment installed", summary["seconds"], "s", 120),
        *(Figure(f"scenario {name}, environment installed", _run(name), "s", SECONDS[name]) for name in SCENARIOS),
        Figure("state transitions of a retraining", max(transitions), "transitions", 20, _polling()),
    ]


def _run(name: str) -> float:
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "local", "demo", name], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def _polling() -> str:
    # Three transitions for each check of a Kubernetes Job: wait, ask, choose.
    return "8640 when polling each 30 s for a day"
