"""What the executions of the state machine did, read from Step Functions and from the job records."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from auto_retrain.adapters.clock import SystemClock
from auto_retrain.adapters.dynamodb.jobs import DynamoJobStore
from auto_retrain.adapters.dynamodb.table import Table
from auto_retrain.domain.job import RetrainingJob
from local.stack import LocalStack


@dataclass(frozen=True)
class Execution:
    """One execution that has ended; `job` is there if it opened one."""

    arn: str
    name: str
    status: str
    cause: str
    reason: str
    transitions: int
    job: RetrainingJob | None


class Executions:
    """Those of the deployed state machine."""

    def __init__(self, stack: LocalStack) -> None:
        self._client = stack.client("stepfunctions")
        self._machine = stack.outputs["StateMachineArn"]
        self.jobs = DynamoJobStore(Table(stack.client("dynamodb"), stack.outputs["TableName"]), SystemClock())
        self._seen: set[str] = set()

    def start(self, name: str, event: dict[str, Any]) -> None:
        self._client.start_execution(stateMachineArn=self._machine, name=name, input=json.dumps(event))

    def new(self) -> list[Execution]:
        """Those that began since the last call, the oldest first."""
        arns = [arn for execution in self._listed() if (arn := execution["executionArn"]) not in self._seen]
        self._seen.update(arns)
        return self._read(reversed(arns))

    def failed(self) -> list[Execution]:
        listed = self._listed()
        return self._read(execution["executionArn"] for execution in listed if execution["status"] != "SUCCEEDED")

    def _listed(self) -> list[dict[str, Any]]:
        """The newest first."""
        pages = self._client.get_paginator("list_executions").paginate(stateMachineArn=self._machine)
        listed = [execution for page in pages for execution in page["executions"]]
        return sorted(listed, key=lambda execution: execution["startDate"], reverse=True)

    def _read(self, arns: Iterable[str]) -> list[Execution]:
        jobs = {job.execution_arn: job for job in self.jobs.list_recent(None, 100)}
        return [self._read_one(arn, jobs.get(arn)) for arn in arns]

    def _read_one(self, arn: str, job: RetrainingJob | None) -> Execution:
        described = self._client.describe_execution(executionArn=arn)
        decision = json.loads(described.get("output") or "{}").get("decision", {})
        return Execution(
            arn=arn,
            name=described["name"],
            status=described["status"],
            cause=described.get("cause", ""),
            reason=decision.get("reason", ""),
            transitions=self._transitions(arn),
            job=job,
        )

    def _transitions(self, arn: str) -> int:
        """States entered, and the start: what AWS charges for."""
        pages = self._client.get_paginator("get_execution_history").paginate(executionArn=arn)
        kinds: list[str] = [event["type"] for page in pages for event in page["events"]]
        return 1 + sum(kind.endswith("StateEntered") for kind in kinds)
