"""Asks a process that plays the model in production what a version answers.

The process is in the training container's environment: loading a version means unpickling it, which runs whatever is in
it, so only that process does.
"""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

from local.demo.flights import LABEL, ROW_ID
from local.paths import env_python

PROGRAM = Path(__file__).with_name("served_model.py")


@dataclass(frozen=True)
class ServedDay:
    """What a version answers to each row of a day, by the row's id, and what is right."""

    date: date
    answers: Mapping[str, int]
    labels: Mapping[str, int]

    @property
    def rows(self) -> int:
        return len(self.answers)

    @property
    def correct(self) -> int:
        return sum(answer == self.labels[row_id] for row_id, answer in self.answers.items())


def accuracy_of(days: Sequence[ServedDay]) -> float:
    return sum(day.correct for day in days) / sum(day.rows for day in days)


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
        command = [str(env_python("trainer")), "-P", str(PROGRAM), str(self._data), ROW_ID, LABEL]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, env=os.environ | settings, stdin=pipe, stdout=pipe, text=True)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def predict(self, model: str, version: str, days: Sequence[date]) -> list[ServedDay]:
        """Let a version predict these days.

        Raises:
            RuntimeError: the model cannot be loaded, or the process has ended.
        """
        answer = self._ask({"model": model, "version": version, "dates": [day.isoformat() for day in days]})
        if "error" in answer:
            raise RuntimeError(f"version {version} of {model} does not serve: {answer['error']}")
        return [_served(day) for day in answer["days"]]

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


def _served(day: dict[str, Any]) -> ServedDay:
    answers, labels = (dict(zip(day["ids"], day[name], strict=True)) for name in ("answers", "labels"))
    return ServedDay(date.fromisoformat(day["date"]), answers, labels)
