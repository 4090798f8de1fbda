"""The hook of Lambda."""

from typing import Any
from unittest.mock import patch

from moto.awslambda_simple.models import LambdaSimpleBackend

from local.aws.hooks.hook import Hook
from local.aws.invoker import Invoker


def invoke_functions(invoker: Invoker) -> Hook:
    """AWS runs the code; an `Event` invocation is only put into a queue.

    moto without Docker answers both with the event itself.
    """

    def invoke(
        self: LambdaSimpleBackend,
        function_name: str,
        qualifier: str | None,
        body: Any,
        headers: Any,
        response_headers: Any,
    ) -> bytes:
        name = self.get_function(function_name, qualifier).function_name
        event = (body or "{}").encode() if isinstance(body or "", str) else body
        if headers.get("X-Amz-Invocation-Type") == "Event":
            invoker.submit(name, event)
            return b""
        answer = invoker.invoke(name, event)
        if answer.failed:
            response_headers["x-amz-function-error"] = "Unhandled"
        return answer.payload

    return patch.object(LambdaSimpleBackend, "invoke", invoke)
