"""Does what the event asks for, so that one application serves every contract test."""

import json
import os
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import greeting

COUNTER = {"invocations": 0}


class AskedToFail(Exception):
    """Raised when the event says so."""


def handler(event: dict[str, Any], context: Any) -> Any:
    COUNTER["invocations"] += 1
    print(json.dumps({"invoked_with": event}))
    return globals()[f"do_{event.get('do', 'echo')}"](event, context)


def record(event: dict[str, Any], context: Any) -> None:
    # In one write, because environments that run side by side share a log.
    print(json.dumps(event) + "\n", end="")


def do_echo(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return {"event": event, "greeting": greeting.WORDS, "invocations": COUNTER["invocations"], "pid": os.getpid()}


def do_describe(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return {
        "environment": dict(os.environ),
        "directory": str(Path.cwd()),
        "search_path": sys.path,
        "modules": {name: getattr(module, "__file__", None) for name, module in sys.modules.items()},
        "remaining_ms": context.get_remaining_time_in_millis(),
        "function_name": context.function_name,
    }


def do_fail(event: dict[str, Any], context: Any) -> None:
    raise AskedToFail("because the event says so")


def do_sleep(event: dict[str, Any], context: Any) -> dict[str, Any]:
    time.sleep(event["seconds"])
    return {"pid": os.getpid()}


def do_exit(event: dict[str, Any], context: Any) -> None:
    os._exit(7)


def do_call_back(event: dict[str, Any], context: Any) -> None:
    """Report on the task before returning, as a watcher may if it is faster than the function that it watches."""
    for action in event["actions"]:
        call_step_functions(action, {"taskToken": event["token"]} | event.get("with", {}))


def call_step_functions(action: str, parameters: dict[str, Any]) -> None:
    scope = "Credential=local/20260101/us-east-1/states/aws4_request"
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"AWSStepFunctions.{action}",
        "Authorization": f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=none",
    }
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"], json.dumps(parameters).encode(), headers)
    urllib.request.urlopen(request).close()
