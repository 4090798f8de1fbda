"""Both ways to invoke a function: wait for its answer, or put the event into a queue."""

import json
import logging
import threading
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import Any

from moto.awslambda.utils import get_backend

from local.aws.activity import Activity, Background
from local.aws.dead_letters import send_to_queue
from local.aws.environment import ACCOUNT, REGION
from local.aws.functions import Functions
from local.aws.runtime_api import Answer

_LOG = logging.getLogger(__name__)
_RETRY_AFTER_SECONDS = (60, 120)


class Invoker:
    """Invokes functions; an asynchronous invocation is tried up to three times and then sent to where failures go."""

    def __init__(self, functions: Functions, activity: Activity, time_scale: float) -> None:
        self._functions = functions
        self._background = Background(activity, 128, "asynchronous-invocation")
        self._time_scale = time_scale
        self._stopping = threading.Event()

    def invoke(self, name: str, event: bytes) -> Answer:
        return self._functions.invoke(name, event)

    def submit(self, name: str, event: bytes) -> "Future[None]":
        """Invoke asynchronously."""
        return self._background.submit(f"invocation of {name}", self._run, name, event)

    def close(self) -> None:
        self._stopping.set()
        self._functions.close()
        self._background.close()

    def _run(self, name: str, event: bytes) -> None:
        config = event_invoke_config(name)
        answer = self._functions.invoke(name, event)
        attempts = 1
        for seconds in _RETRY_AFTER_SECONDS[: config.get("MaximumRetryAttempts", 2)]:
            if not answer.failed or self._stopping.wait(seconds * self._time_scale):
                break
            answer = self._functions.invoke(name, event)
            attempts += 1
        if answer.failed and not self._stopping.is_set():
            self._give_up(name, event, answer, attempts, config)

    def _give_up(self, name: str, event: bytes, answer: Answer, attempts: int, config: dict[str, Any]) -> None:
        _LOG.warning("%s gave up on an event after %d attempts: %s", name, attempts, answer.payload.decode())
        destination = config.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
        if destination:
            send_to_queue(destination, json.dumps(_failure_record(name, event, answer, attempts)))


def event_invoke_config(name: str) -> dict[str, Any]:
    configs = get_backend(ACCOUNT, REGION).get_function(name).event_invoke_config
    return configs[0].config if configs else {}


def _failure_record(name: str, event: bytes, answer: Answer, attempts: int) -> dict[str, Any]:
    payload = json.loads(answer.payload)
    return {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": payload.get("requestId"),
            "functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": json.loads(event),
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": payload,
    }
