"""Hooks of Step Functions: what callers report with a task token."""

from typing import Any
from unittest.mock import patch

from moto.core.responses import EmptyResult
from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackEndpoint
from moto.stepfunctions.responses import StepFunctionResponse

from local.aws.hooks.hook import Hook


def keep_the_cause_of_task_failures() -> Hook:
    """AWS passes on the cause that SendTaskFailure gives.

    moto drops it.
    """

    def send_task_failure(self: StepFunctionResponse) -> EmptyResult:
        token, error, cause = (self._get_param(name) for name in ("taskToken", "error", "cause"))
        self.stepfunction_backend.send_task_failure(token, error=error, cause=cause)
        return EmptyResult()

    return patch.object(StepFunctionResponse, "send_task_failure", send_task_failure)


def accept_early_callbacks() -> Hook:
    """AWS accepts a token from the moment the function has it.

    moto forgets a success, and refuses a heartbeat, that arrives before the function has returned.
    """
    set_up = CallbackEndpoint.setup_heartbeat_endpoint
    notify = CallbackEndpoint.notify_heartbeat

    def set_up_and_remember(self: CallbackEndpoint, heartbeat_seconds: int) -> Any:
        endpoint = set_up(self, heartbeat_seconds)
        if self.get_outcome() is not None:
            endpoint.notify()
        return endpoint

    def always_notify(self: CallbackEndpoint) -> bool:
        notify(self)
        return True

    return patch.multiple(
        CallbackEndpoint, setup_heartbeat_endpoint=set_up_and_remember, notify_heartbeat=always_notify
    )
