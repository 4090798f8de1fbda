"""What every story of the demo plays on: a running stack, flights, and what people and clocks do."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from pyarrow import parquet

from auto_retrain.adapters.clock import SystemClock
from auto_retrain.adapters.dynamodb.deployment_ledger import DynamoLedger
from auto_retrain.adapters.dynamodb.states import DynamoModelStates
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.adapters.mlflow import MlflowRegistry
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.domain.status import RetrainingStatus
from local.demo.executions import Executions
from local.demo.flights import LABEL, ROW_ID
from local.paths import ROOT
from local.serving.labels import write_labels
from local.stack import LocalStack

PATIENCE_SECONDS = 120.0


class Stage:
    """Times of events are those of the flights, in 2013; rollouts and leases go by the clock on the wall."""

    def __init__(self, stack: LocalStack, flights: Path, say: Callable[[str], None]) -> None:
        self.stack = stack
        self.flights = flights
        self.say = say
        table = Table(stack.client("dynamodb"), stack.outputs["TableName"])
        self.executions = Executions(stack)
        self.jobs = self.executions.jobs
        self.ledger, self.states = DynamoLedger(table, SystemClock()), DynamoModelStates(table)
        self.registry = MlflowRegistry(stack.mlflow_url)

    def put_flights(self, flights: Path, prefix: str, days: Iterable[date], labels: str | None = None) -> None:
        """Put the flights of these days where a producer of data would; their labels apart, if there is a folder."""
        for day in days:
            file = flights / f"date={day}" / "part-0.parquet"
            content = _without_labels(file) if labels else file.read_bytes()
            self.put_object(f"{prefix}/date={day}/{file.name}", content)
            if labels:
                self.put_labels(labels, file, day)

    def put_labels(self, prefix: str, file: Path, day: date) -> None:
        rows = parquet.read_table(file, columns=[ROW_ID, LABEL]).to_pydict()
        known = dict(zip(rows[ROW_ID], rows[LABEL], strict=True))
        s3, bucket = self.stack.client("s3"), self.stack.data_bucket
        write_labels(s3, bucket, prefix, known, day, row_id=ROW_ID, label=LABEL)

    def put_object(self, key: str, content: bytes) -> None:
        self.stack.client("s3").put_object(Bucket=self.stack.data_bucket, Key=key, Body=content)

    def read(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        content: bytes = self.stack.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def apply(self, *policies: Path) -> None:
        """Put policies in force, with the command that people use."""
        self.command("models", "apply", "--actor", "demo", *map(str, policies))

    def command(self, *arguments: str, allowed: tuple[int, ...] = (0,)) -> str:
        """What a command of `auto-retrain` prints; raises RuntimeError if it ends with another exit code."""
        env = os.environ | self.stack.environment
        command = [sys.executable, "-m", "auto_retrain.cli", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        if done.returncode not in allowed:
            raise RuntimeError(f"auto-retrain {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
        return done.stdout

    def ask_for(self, model: str, at: datetime, reason: str, **more: Any) -> None:
        """A person asks for a retraining, as of that moment."""
        event = {"model_name": model, "actor": "demo", "reason": reason, "event_time": at.isoformat(), **more}
        self.executions.start(f"{model}-{reason.replace(' ', '-')}", event)

    def sweep(self, at: datetime) -> None:
        """The clock sweeps over all models, and what is due has ended."""
        self.stack.fire_schedule("SweepScheduleRule", at)
        self.wait()

    def wait(self) -> None:
        """Wait until everything that is under way has ended."""
        self.stack.wait_until_idle(PATIENCE_SECONDS)

    def wait_for(self, what: str, condition: Callable[[], bool]) -> None:
        """Raises TimeoutError that names what was waited for in vain."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"waited in vain for {what}")
            time.sleep(0.05)

    def newest_job(self, model: str) -> RetrainingJob:
        """Raises RuntimeError if the model was never retrained."""
        for job in self.jobs.list_recent(model, 1):
            return job
        raise RuntimeError(f"'{model}' has no job")

    def record(self, model: str) -> ServingRecord:
        return self.ledger.serving(model)

    def loose_ends(self, models: Iterable[str]) -> list[str]:
        """What has not ended, of these models, or has not ended well."""
        return [end for model in models for end in self._loose_ends(model)]

    def _loose_ends(self, model: str) -> Iterator[str]:
        record, now = self.record(model), datetime.now(UTC)
        for job in self.jobs.list_recent(model, 100):
            if not job.status.is_terminal:
                yield f"job {job.job_id} is still {job.status.value}"
            if job.error and job.status is not RetrainingStatus.ROLLED_BACK:
                yield f"job {job.job_id}: {job.error}"
        if self.states.get(model).owner_at(now) is not None:
            yield f"'{model}' is still leased"
        if record.is_open:
            yield f"the serving record of '{model}' is still open"
        serving, alias = record.champion, self.registry.champion(model)
        if serving is None or serving.version.number != alias:
            yield f"the alias of '{model}' is at {alias}, the ledger at {serving and serving.version.number}"


def _without_labels(file: Path) -> bytes:
    rows = BytesIO()
    parquet.write_table(parquet.read_table(file).drop_columns(LABEL), rows)
    return rows.getvalue()


def days_of(first: date, count: int) -> list[date]:
    return [first + timedelta(days=offset) for offset in range(count)]


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
