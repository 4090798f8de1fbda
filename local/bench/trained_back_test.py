"""What it takes to try a policy on a year with its trainings: the demo's year, in one process as in its pod."""

import json
import os
import subprocess
from datetime import date
from pathlib import Path

from local.bench.figure import Figure
from local.paths import CORE, LOCAL, ROOT, TRAINER, env_python

PROGRAM = Path(__file__).with_name("year_with_trainings.py")
FLIGHTS = LOCAL / "flights"
FIRST, LAST = date(2013, 1, 1), date(2014, 1, 1)


def measure() -> list[Figure]:
    """A day each in the year 2013, whose first model a person asks for in February; the start of the pod counts."""
    from local.demo.flights import prepare

    prepare(FLIGHTS)
    figures = probe(FIRST, LAST)
    retrainings = f"{figures['retrainings']:.0f} retrainings, {figures['trained']:.0f} of them trained"
    return [
        Figure("back-test of the demo's year, with its trainings", figures["seconds"], "CPU s", 60, retrainings),
        Figure("back-test of the demo's year: memory", figures["megabytes"], "MB", 1500),
    ]


def probe(first: date, last: date) -> dict[str, float]:
    """CPU seconds and memory of a walk through these days in the environment of the training image."""
    paths = os.pathsep.join(map(str, (CORE, TRAINER.parent, ROOT)))
    settings = {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    command = [str(env_python("trainer")), "-P", str(PROGRAM), f"{FLIGHTS}", f"{first}", f"{last}"]
    process = subprocess.run(command, env={**os.environ, **settings}, capture_output=True, text=True, check=True)
    figures: dict[str, float] = json.loads(process.stdout)
    return figures
