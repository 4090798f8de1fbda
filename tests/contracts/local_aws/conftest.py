"""The fixture application, deployed once per module. WITHOUT_HOOK=name leaves out a hook; its contract then fails."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from local.aws import hooks
from local.aws.account import LocalAccount

TEMPLATE = Path(__file__).parent / "fixture_app" / "template.yaml"
PATIENCE_SECONDS = 10.0


@dataclass
class App:
    """The deployed application, with what tests often need to know about it."""

    account: LocalAccount
    outputs: dict[str, str]
    logs: Path

    def client(self, service: str) -> Any:
        return self.account.client(service)

    def invoke(self, event: dict[str, Any], **options: Any) -> Any:
        return self.client("lambda").invoke(
            FunctionName=self.outputs["WorkerName"], Payload=json.dumps(event), **options
        )

    def start(self, execution_input: dict[str, Any], **options: Any) -> str:
        states = self.client("stepfunctions")
        started = states.start_execution(
            stateMachineArn=self.outputs["MachineArn"], input=json.dumps(execution_input), **options
        )
        return str(started["executionArn"])

    def run(self, execution_input: dict[str, Any], **options: Any) -> dict[str, Any]:
        execution = self.start(execution_input, **options)
        self.account.activity.wait_until_idle(PATIENCE_SECONDS)
        return self.describe(execution)

    def describe(self, execution: str) -> dict[str, Any]:
        described: dict[str, Any] = self.client("stepfunctions").describe_execution(executionArn=execution)
        return described

    def recorded(self, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """The events that reached the recorder, once nothing is under way any more."""
        self.account.activity.wait_until_idle(PATIENCE_SECONDS)
        log = self.logs / "RecorderFunction.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [event for event in (json.loads(line) for line in lines if line.startswith("{")) if wanted(event)]

    def dead_letters(self) -> list[dict[str, Any]]:
        self.account.activity.wait_until_idle(PATIENCE_SECONDS)
        received = self.client("sqs").receive_message(QueueUrl=self.outputs["DeadLettersUrl"], MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in received.get("Messages", [])]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    logs = tmp_path_factory.mktemp("logs")
    with pytest.MonkeyPatch.context() as patch:
        if left_out := os.environ.get("WITHOUT_HOOK"):
            patch.setattr(hooks, left_out, lambda *_: nullcontext())
        with LocalAccount(logs, time_scale=0.01) as account:
            stack = account.deploy(TEMPLATE, "app", {"Word": "yes"})
            yield App(account, stack.outputs, logs)
