"""What the demo's year took: its time, and the state transitions of its retrainings."""

import json
import subprocess
import sys

from local.bench.figure import Figure
from local.paths import DEMO, ROOT


def measure() -> list[Figure]:
    """Run the demo in a process of its own and read its summary."""
    subprocess.run([sys.executable, "-m", "local", "demo"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    summary = json.loads((DEMO / "summary.json").read_text())
    transitions = [row["transitions"] for row in summary["rows"] if row["job_id"]]
    return [
        Figure("demo, environment installed", summary["seconds"], "s", 120),
        Figure("state transitions of a retraining", max(transitions), "transitions", 20, _polling()),
    ]


def _polling() -> str:
    # Three transitions for each check of a Kubernetes Job: wait, ask, choose.
    return "8640 when polling each 30 s for a day"
