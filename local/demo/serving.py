"""Asks a process that plays the model in production how often a version was right."""

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local.demo.flights import LABEL
from local.paths import env_python

PROGRAM = Path(__file__).with_name("served_model.py")


@dataclass(frozen=True)
class DayScore:
    """One day of predictions, now that the labels are known."""

    date: date
    rows: int
    correct: int


def accuracy_of(scores: Sequence[DayScore]) -> float:
    return sum(score.correct for score in scores) / sum(score.rows for score in scores)


class Serving:
    """A context manager; the process ends with this one, because its stdin is closed then."""

    def __init__(self, mlflow_url: str, data: Path) -> None:
        self._mlflow_url = mlflow_url
        self._data = data
        self._process: subprocess.Popen[str]

    def __enter__(self) -> Self:
        # Models are small and the processors are shared, so one thread is faster than two.
        settings = {
            "MLFLOW_TRACKING_URI": self._mlflow_url,
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
            "OMP_NUM_THREADS": "1",
        }
        command = [str(env_python("trainer")), "-P", str(PROGRAM), str(self._data), LABEL]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, env=os.environ | settings, stdin=pipe, stdout=pipe, text=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def score(self, model: str, version: str, days: Sequence[date]) -> list[DayScore]:
        """Let a version predict these days.

        Raises:
            RuntimeError: the model cannot be loaded, or the process has ended.
        """
        answer = self._ask({"model": model, "version": version, "dates": [day.isoformat() for day in days]})
        if "error" in answer:
            raise RuntimeError(f"version {version} of {model} does not serve: {answer['error']}")
        return [DayScore(date.fromisoformat(day["date"]), day["rows"], day["correct"]) for day in answer["days"]]

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the serving process ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer
