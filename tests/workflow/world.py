"""The real state machine, functions, registry and cluster, and the steps of the tests about them."""

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from auto_retrain.adapters.clock import SystemClock
from auto_retrain.adapters.dynamodb.decisions import DynamoDecisionLog
from auto_retrain.adapters.dynamodb.deployment_ledger import DynamoLedger
from auto_retrain.adapters.dynamodb.jobs import DynamoJobStore
from auto_retrain.adapters.dynamodb.policies import DynamoPolicyStore
from auto_retrain.adapters.dynamodb.states import DynamoModelStates
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.adapters.dynamodb.waiting import DynamoWaitingTriggers
from auto_retrain.adapters.mlflow import MlflowRegistry
from auto_retrain.domain.job import RetrainingJob
from auto_retrain.domain.names import job_id
from local.aws.environment import aws_settings
from local.cluster import LocalImage, Preparation
from local.paths import env_python
from local.stack import LocalStack
from tests.unit.builders import a_policy

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATIENCE_SECONDS = 90.0
# Two thousand in a holdout of five days.
ROWS_OF_A_DAY = 400
TINY_IMAGE = "example.com/tiny@sha256:" + "0" * 64
# The same program under another name, like an image that was built later.
NEWER_IMAGE = "example.com/tiny@sha256:" + "1" * 64
TINY = LocalImage(
    [str(env_python("dev")), str(Path(__file__).with_name("tiny_image.py"))],
    # One thread in each process, as Arrow's allocator and the algebra of numpy would otherwise start others.
    env={"JE_ARROW_MALLOC_CONF": "background_thread:false", "OMP_NUM_THREADS": "1"},
    preparation=Preparation(
        "import io, urllib.request, numpy; from pyarrow import parquet",
        varying=frozenset({"AUTO_RETRAIN_ORDER", "JOB_COMPLETION_INDEX", "AWS_ENDPOINT_URL"}),
        kept=True,
    ),
)
IMAGES = {TINY_IMAGE: TINY, NEWER_IMAGE: TINY}
ALL_THE_WAY = [
    "CheckTriggers",
    "ChooseStart",
    "CheckData",
    "ChooseTraining",
    "StartTraining",
    "StartScoring",
    "ValidateModel",
    "ChooseDeployment",
    "DeployModel",
    "ChooseRollout",
    "ProfileData",
    "CloseJob",
    "ChooseEnding",
    "Closed",
]


@cache
def a_day(day: date, age: float, without: str) -> bytes:
    """The same file for all models, as tests have many of them; a column may be missing."""
    random, rows = np.random.default_rng(day.toordinal()), ROWS_OF_A_DAY
    table = pa.table(
        {
            "id": [f"{day}-{number}" for number in range(rows)],
            "left": random.integers(0, 2, rows),
            "age": random.normal(age, 10, rows),
            "plan": random.choice(["basic", "full"], rows),
        }
    )
    file = io.BytesIO()
    parquet.write_table(table.drop_columns([without] if without else []), file)
    return file.getvalue()


@dataclass(frozen=True)
class Ended:
    """An execution that has ended: the states it went through, and what it left behind."""

    arn: str
    status: str
    error: str
    cause: str
    path: list[str]
    decision: dict[str, Any]
    job: RetrainingJob | None


class World:
    """A running stack, and access to its stores; every test uses its own models."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        table = Table(stack.client("dynamodb"), stack.outputs["TableName"])
        self.policies = DynamoPolicyStore(table)
        self.jobs = DynamoJobStore(table, SystemClock())
        self.states, self.waiting = DynamoModelStates(table), DynamoWaitingTriggers(table, SystemClock())
        self.ledger = DynamoLedger(table, SystemClock())
        self.decisions = DynamoDecisionLog(table)
        self.registry = MlflowRegistry(stack.mlflow_url)
        self._states = stack.client("stepfunctions")
        self._inputs: dict[str, str] = {}

    def given_model(self, name: str = "", drifted: bool = False, days: int = 16, **policy: Any) -> str:
        """A model with a policy and some days of data, by default with a new name; the newest five may have drifted."""
        model = name or f"m-{uuid4().hex[:8]}"
        triggers = {"evaluation_window_days": 5, "training_window_days": 10, **policy.pop("triggers", {})}
        columns = {"row_id": "id", "label": "left", "numeric": ["age"], "categorical": ["plan"]}
        data = {"prefix": model, **columns, **policy.pop("data", {})}
        self.policies.apply(a_policy(model=model, triggers=triggers, data=data, **policy), "tests", NOW)
        for back in range(1, days):
            self.put_day(model, NOW.date() - timedelta(days=back), 60.0 if drifted and back <= 5 else 40.0)
        return model

    def put_day(self, prefix: str, day: date, age: float = 40.0, without: str = "") -> None:
        """Store a day of data, or replace it; a column may be missing."""
        self.put_object(prefix, day, a_day(day, age, without))

    def put_answers(self, model: str, day: date, version: str, right: float) -> None:
        """Store a day of the prediction log: one answer to each row of the data, of which so many are right."""
        rows = parquet.read_table(io.BytesIO(self.object_of(model, day))).to_pylist()
        answers = [
            {
                "prediction_id": f"p-{row['id']}",
                "row_id": row["id"],
                "predicted_at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC),
                "model": model,
                "version": version,
                "served": True,
                "prediction": row["left"] if number < right * len(rows) else 1 - row["left"],
            }
            for number, row in enumerate(rows)
        ]
        file = io.BytesIO()
        parquet.write_table(pa.Table.from_pylist(answers), file)
        key = f"predictions/model={model}/date={day}/hour=12/part-0.parquet"
        self.stack.client("s3").put_object(Bucket=self.stack.data_bucket, Key=key, Body=file.getvalue())

    def put_object(self, prefix: str, day: date, content: bytes) -> None:
        key = f"{prefix}/date={day}/part-0.parquet"
        self.stack.client("s3").put_object(Bucket=self.stack.data_bucket, Key=key, Body=content)

    def object_of(self, prefix: str, day: date) -> bytes:
        """A stored day of data."""
        key = f"{prefix}/date={day}/part-0.parquet"
        content: bytes = self.stack.client("s3").get_object(Bucket=self.stack.data_bucket, Key=key)["Body"].read()
        return content

    def given_champion(self, model: str, accuracy: float, at: datetime = NOW) -> str:
        """Version 1, promoted by a real retraining."""
        ended = self.retrain(model, at=at, accuracy=accuracy)
        assert ended.job is not None
        assert ended.job.deployed, ended.cause
        return ended.job.challenger_version or ""

    def sweep(self, at: datetime) -> None:
        """Sweep as if every model were due for a check, and wait for what follows."""
        table = self.stack.outputs["TableName"]
        self.stack.client("dynamodb").delete_item(TableName=table, Key={"pk": {"S": "FLEET"}, "sk": {"S": "SWEEP"}})
        self.stack.fire_schedule("SweepScheduleRule", at)
        self.stack.wait_until_idle(PATIENCE_SECONDS)

    def retrain(self, model: str, at: datetime = NOW, **parameters: Any) -> Ended:
        """A person starts a retraining; the parameters say what the tiny image does."""
        event = {"model_name": model, "actor": "tests", "reason": "a test", "event_time": at.isoformat(), "force": True}
        return self.run({**event, "parameters": parameters})

    def run(self, event: Any) -> Ended:
        arn = self.start(event)
        self.stack.wait_until_idle(PATIENCE_SECONDS)
        return self.ended(arn)

    def run_command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A person runs a command at a terminal with the deployment's settings."""
        outputs = self.stack.outputs
        settings = {"TABLE_NAME": outputs["TableName"], "ARTIFACTS_BUCKET": outputs["ArtifactsBucketName"]}
        env = os.environ | aws_settings(self.stack.aws_endpoint) | settings
        command = [sys.executable, "-m", "auto_retrain.cli", *arguments]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)

    def start(self, event: Any) -> str:
        machine = self.stack.outputs["StateMachineArn"]
        answer = self._states.start_execution(stateMachineArn=machine, name=uuid4().hex, input=json.dumps(event))
        return str(answer["executionArn"])

    def abort(self, arn: str) -> None:
        self._states.stop_execution(executionArn=arn)

    def publish_accuracy(self, model: str, day: date, accuracy: float, rows: int = 5000) -> None:
        statistics = {"SampleCount": rows, "Sum": rows * accuracy, "Minimum": 0.0, "Maximum": 1.0}
        datum = {
            "MetricName": "accuracy",
            "Dimensions": [{"Name": "Model", "Value": model}],
            "Timestamp": datetime(day.year, day.month, day.day, 11, 30, tzinfo=UTC),
            "StatisticValues": statistics,
        }
        self.stack.client("cloudwatch").put_metric_data(Namespace="AutoRetrain/Models", MetricData=[datum])

    def executions_of(self, model: str) -> list[Ended]:
        """Executions that were started with this model in their input, the oldest first."""
        self.stack.wait_until_idle(PATIENCE_SECONDS)
        machine = self.stack.outputs["StateMachineArn"]
        listed = self._states.list_executions(stateMachineArn=machine, maxResults=1000)["executions"]
        listed.sort(key=lambda execution: execution["startDate"])
        arns = [execution["executionArn"] for execution in listed]
        return [self.ended(arn) for arn in arns if model in self._input_of(arn)]

    def ended(self, arn: str) -> Ended:
        described = self._states.describe_execution(executionArn=arn)
        history = self.history(arn)
        entered = [event["stateEnteredEventDetails"] for event in history if "stateEnteredEventDetails" in event]
        # The last input that contains a decision, because a failed execution has no output.
        inputs = [json.loads(state["input"]) for state in entered]
        objects = [item for item in inputs if isinstance(item, dict)]
        decision = next((item["decision"] for item in reversed(objects) if item.get("decision")), {})
        model = decision.get("model_name") or next((item.get("model_name") for item in objects), None)
        return Ended(
            arn=arn,
            status=described["status"],
            error=described.get("error") or "",
            cause=described.get("cause") or "",
            path=[state["name"] for state in entered],
            decision=decision,
            job=self.jobs.get(job_id(model, arn)) if model else None,
        )

    def history(self, arn: str) -> list[dict[str, Any]]:
        pages = self._states.get_paginator("get_execution_history").paginate(executionArn=arn)
        return [event for page in pages for event in page["events"]]

    def _input_of(self, arn: str) -> str:
        if arn not in self._inputs:
            self._inputs[arn] = self._states.describe_execution(executionArn=arn)["input"]
        return self._inputs[arn]

    def wait_for(self, what: str, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < deadline, f"waited in vain for {what}"
            time.sleep(0.05)

    def images_of(self, kubernetes_job: str) -> list[str]:
        """Images of the containers of a Kubernetes Job, in the order in which they ran."""
        return self.stack.cluster.images_of(kubernetes_job)

    def has_announced(self, model: str, fact_id: str) -> bool:
        """Whether a fact is in the audit chain of a model, which follows once it is announced."""
        key = {"pk": {"S": f"MODEL#{model}"}, "sk": {"S": f"FACT#{fact_id}"}}
        return "Item" in self.stack.client("dynamodb").get_item(TableName=self.stack.outputs["TableName"], Key=key)

    def is_free(self, model: str) -> bool:
        """Whether no job owns the model."""
        return self.states.get(model).owner_at(datetime.now(UTC)) is None
