"""Executions of the state machine, and answers to the task tokens that they wait for."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from ..domain.errors import ExecutionsUnavailable, SettingMissing
from .aws import translated

_ALREADY_STARTED = frozenset({"ExecutionAlreadyExists"})
_NOT_WAITING = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})
_UNKNOWN_EXECUTION = frozenset({"ExecutionDoesNotExist"})
_MAX_CAUSE_LENGTH = 4000


class StepFunctionsExecutions:
    """Executions on Step Functions; functions that start none are not given the state machine."""

    def __init__(self, client: Any, state_machine_arn: str | None) -> None:
        self._client = client
        self._state_machine_arn = state_machine_arn

    def start(self, name: str, event: Mapping[str, Any]) -> str | None:
        if self._state_machine_arn is None:
            raise SettingMissing("STATE_MACHINE_ARN")
        try:
            with translated(ExecutionsUnavailable, keep=_ALREADY_STARTED):
                answer = self._client.start_execution(
                    stateMachineArn=self._state_machine_arn, name=name, input=json.dumps(event)
                )
        except ClientError:
            return None
        return str(answer["executionArn"])

    def succeed(self, task_token: str, output: Mapping[str, Any]) -> None:
        self._answer("send_task_success", taskToken=task_token, output=json.dumps(output))

    def fail(self, task_token: str, error: str, cause: str) -> None:
        self._answer("send_task_failure", taskToken=task_token, error=error, cause=cause[:_MAX_CAUSE_LENGTH])

    def heartbeat(self, task_token: str) -> bool:
        return self._answer("send_task_heartbeat", taskToken=task_token)

    def has_ended(self, execution_arn: str) -> bool:
        try:
            with translated(ExecutionsUnavailable, keep=_UNKNOWN_EXECUTION):
                answer = self._client.describe_execution(executionArn=execution_arn)
        except ClientError:
            return True
        return str(answer["status"]) != "RUNNING"

    def _answer(self, operation: str, **arguments: str) -> bool:
        try:
            with translated(ExecutionsUnavailable, keep=_NOT_WAITING):
                getattr(self._client, operation)(**arguments)
        except ClientError:
            return False
        return True
