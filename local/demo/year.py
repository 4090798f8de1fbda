"""Runs through a year: publishes what the champion achieves, lets alarm and schedule act, and reports what they did."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from auto_retrain.adapters.mlflow import MlflowRegistry
from local.aws.environment import aws_settings
from local.demo.executions import Executions
from local.demo.production import Production
from local.demo.reporting import line_of, row_of
from local.demo.row import Row
from local.demo.serving import DayScore
from local.paths import ROOT
from local.stack import LocalStack

MODEL = "flights-large-aircraft"
POLICY = Path(__file__).with_name("policy.yaml")
EVALUATION_DAYS = 10
PATIENCE_SECONDS = 120.0


class Year:
    """2013, month by month; a context manager, because a model in production runs meanwhile."""

    def __init__(self, stack: LocalStack, flights: Path) -> None:
        self._stack = stack
        self._flights = flights
        self._executions = Executions(stack)
        self._registry = MlflowRegistry(stack.mlflow_url)
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        self._production = self._undo.enter_context(Production(self._stack, MODEL, self._flights))
        self._upload(months=(1,))
        background = self._undo.enter_context(ThreadPoolExecutor(1))
        self._later_months = background.submit(self._upload, months=range(2, 13))
        self._apply_policy()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    def run(self) -> Iterator[Row]:
        """A row for each month, as soon as it is over."""
        for month in range(1, 13):
            started = time.monotonic()
            first = date(2013, month, 1)
            row = self._begin(first) if month == 1 else self._run_month(first)
            print(line_of(row, time.monotonic() - started), flush=True)
            yield row

    def unexpected_endings(self) -> list[str]:
        """Executions that did not end well, and jobs that did not end."""
        failed, active = self._executions.failed(), self._executions.jobs.list_active()
        return [
            *(f"execution {execution.name} ended {execution.status}: {execution.cause}" for execution in failed),
            *(f"job {job.job_id} is still {job.status.value}" for job in active),
        ]

    def _begin(self, first: date) -> Row:
        """There is no champion in January; at its end a person asks for the first one."""
        at = _midnight(_next_month(first))
        event = {"model_name": MODEL, "actor": "demo", "reason": "the first model", "event_time": at.isoformat()}
        self._executions.start(f"{MODEL}-first", event)
        self._stack.wait_until_idle(PATIENCE_SECONDS)
        self._later_months.result()
        return row_of(f"{first:%b}", None, self._executions.new())

    def _run_month(self, first: date) -> Row:
        scores = self._serve(first)
        # Publishing may set off the alarm. If it is on already, the sweep is what finds the model.
        self._production.publish(scores)
        self._stack.wait_until_idle(PATIENCE_SECONDS)
        self._stack.fire_schedule("SweepScheduleRule", _midnight(_next_month(first)))
        self._stack.wait_until_idle(PATIENCE_SECONDS)
        return row_of(f"{first:%b}", _accuracy(scores[-EVALUATION_DAYS:]), self._executions.new())

    def _serve(self, first: date) -> list[DayScore]:
        champion = self._registry.champion(MODEL)
        if champion is None:
            raise RuntimeError(f"'{MODEL}' has no champion to serve")
        days = (_next_month(first) - first).days
        return self._production.serve(champion, [first + timedelta(days=offset) for offset in range(days)])

    def _upload(self, months: Iterable[int]) -> None:
        """Put the flights of these months where a producer of data would."""
        s3 = self._stack.client("s3")
        for month in months:
            for file in sorted(self._flights.glob(f"date=2013-{month:02}-*/*")):
                key = f"flights/{file.relative_to(self._flights).as_posix()}"
                s3.put_object(Bucket=self._stack.data_bucket, Key=key, Body=file.read_bytes())

    def _apply_policy(self) -> None:
        """With the command that people use."""
        settings = aws_settings(self._stack.aws_endpoint) | {"TABLE_NAME": self._stack.outputs["TableName"]}
        command = [sys.executable, "-m", "auto_retrain.cli", "models", "apply", "--actor", "demo", str(POLICY)]
        subprocess.run(command, cwd=ROOT, env=os.environ | settings, check=True)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def _accuracy(scores: list[DayScore]) -> float:
    return sum(score.correct for score in scores) / sum(score.rows for score in scores)
