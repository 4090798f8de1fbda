"""Hooks of Step Functions: how executions start, stop and end."""

import threading
import time
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from moto.core.responses import ActionResult
from moto.stepfunctions.parser.api import ExecutionStatus
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import Timeout
from moto.stepfunctions.parser.asl.eval.environment import Environment
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from local.aws import events
from local.aws.activity import Activity
from local.aws.dispatcher import Dispatcher
from local.aws.hooks.hook import Hook

# Held while an execution changes from running to ended, so that it ends once.
_ending = threading.Lock()


def start_executions_one_at_a_time() -> Hook:
    """AWS gives a name to an execution without one, and starts only one of two with the same name and input.

    moto names them all 'None', and checks whether a name is free without holding the others back until it is taken.
    """
    original, lock = StepFunctionsParserBackend.start_execution, threading.Lock()

    def start(self: Any, state_machine_arn: str, name: str | None = None, *arguments: Any, **options: Any) -> Execution:
        with lock:
            return original(self, state_machine_arn, name or str(uuid4()), *arguments, **options)

    return patch.object(StepFunctionsParserBackend, "start_execution", start)


def announce_started_executions(dispatcher: Dispatcher, activity: Activity) -> Hook:
    """AWS sends an event when an execution starts.

    moto does not.
    """
    original = Execution.start

    def start(self: Execution) -> None:
        activity.begin(self.exec_arn)
        dispatcher.publish(events.execution_status_change(self, "RUNNING"))
        original(self)

    return patch.object(Execution, "start", start)


def announce_ended_executions(dispatcher: Dispatcher, activity: Activity) -> Hook:
    """AWS sends an event when an execution ends.

    moto does not.
    """
    original = BaseExecutionWorkerCommunication.terminated

    def terminated(self: BaseExecutionWorkerCommunication) -> None:
        with _ending:
            if self.execution.exec_status is not ExecutionStatus.RUNNING:
                return  # it was stopped, and its end has been announced
            original(self)
        _announce_end(self.execution, dispatcher, activity)

    return patch.object(BaseExecutionWorkerCommunication, "terminated", terminated)


def stop_executions_at_once(dispatcher: Dispatcher, activity: Activity) -> Hook:
    """AWS aborts an execution immediately, and keeps the error and the cause that were given.

    moto waits until the current task ends, even one that waits for a token, and drops both.
    """

    def stop(self: StepFunctionResponse) -> ActionResult:
        execution = self.stepfunction_backend.describe_execution(self._get_param("executionArn"))
        error, cause = self._get_param("error"), self._get_param("cause")
        _wait_until_interpreted(execution)
        with _ending:
            running = execution.exec_status is ExecutionStatus.RUNNING
            if running:
                execution.exec_status = ExecutionStatus.ABORTED
                execution.stop_date, execution.error, execution.cause = datetime.now(UTC), error, cause
        if running:
            execution.stop(execution.stop_date, error, cause)
            _announce_end(execution, dispatcher, activity)
        return ActionResult({"stopDate": execution.stop_date})

    return patch.object(StepFunctionResponse, "stop_execution", stop)


def record_no_timeout_that_was_not_worked_out() -> Hook:
    """AWS records nothing of a step that begins while its execution is aborted.

    moto leaves out working out a timeout then, and records whatever it finds instead, which no history can hold.
    """
    original = Timeout.eval

    def evaluate(self: Timeout, env: Environment) -> None:
        if env.is_running():
            original(self, env)
        else:
            env.stack.append(0)

    return patch.object(Timeout, "eval", evaluate)


def _wait_until_interpreted(execution: Execution) -> None:
    """The interpreter takes a moment to start, and ignores a stop until then."""
    while execution.exec_status is ExecutionStatus.RUNNING:
        environment = execution.exec_worker.env
        if environment is not None and environment.program_state() is not None:
            return
        time.sleep(0.001)


def _announce_end(execution: Execution, dispatcher: Dispatcher, activity: Activity) -> None:
    dispatcher.publish(events.execution_status_change(execution, execution.status))
    activity.end(execution.exec_arn)
