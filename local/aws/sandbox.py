"""Lambda execution environments: one process each, running the handler exactly as it is packaged."""

import os
import sys
import threading
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from pathlib import Path

from local import processes
from local.aws.environment import aws_settings
from local.aws.runtime_api import Answer, Invocation, RuntimeApi
from local.paths import env_python

# AWS allows ten seconds for initialisation, on a machine that does nothing else at that moment.
_INIT_SECONDS = 60.0


@dataclass(frozen=True)
class Function:
    """A deployed function: where its files are and what CloudFormation resolved for it."""

    name: str
    arn: str
    handler: str
    code: Path
    layers: tuple[Path, ...]
    variables: dict[str, str]
    timeout_seconds: float
    memory_mb: int
    log: Path


class Sandbox:
    """One process, one invocation at a time; once it has failed to answer, it is not used again."""

    def __init__(self, function: Function, endpoint: str) -> None:
        self.function = function
        self._api = RuntimeApi()
        environment = _environment(function, endpoint, self._api.address)
        command: list[str | Path] = [env_python("runtime"), "-m", "awslambdaric", function.handler]
        self._process = processes.spawn(command, environment, cwd=function.code, log=function.log)
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def invoke(self, event: bytes) -> Answer:
        failure = self._await_ready()
        if failure:
            return failure
        invocation = Invocation(event, self.function.arn, self.function.timeout_seconds)
        self._api.hand_over(invocation)
        try:
            return invocation.answer.result(self.function.timeout_seconds)
        except FutureTimeout:
            self.kill()
            late = f"Task timed out after {self.function.timeout_seconds:.2f} seconds"
            return Answer.error("Sandbox.Timedout", f"RequestId: {invocation.request_id} Error: {late}")

    def kill(self) -> None:
        processes.stop(self._process, grace_seconds=0)

    def join(self) -> None:
        """Wait until nothing is left of it."""
        self._watcher.join()

    def _await_ready(self) -> Answer | None:
        try:
            failure = self._api.ready.result(_INIT_SECONDS)
        except FutureTimeout:
            failure = Answer.error("Sandbox.Timedout", f"Error: Init timed out after {_INIT_SECONDS:.2f} seconds")
        if failure:
            self.kill()
        return failure

    def _watch(self) -> None:
        status = self._process.wait()
        self.kill()
        self._api.close(Answer.error("Runtime.ExitError", f"Error: Runtime exited with error: {_describe(status)}"))


def _describe(status: int) -> str:
    return f"exit status {status}" if status >= 0 else f"signal: {-status}"


def _environment(function: Function, endpoint: str, runtime_api: str) -> dict[str, str]:
    """Nothing is inherited: a variable that the template does not set is missing here as it is in the cloud."""
    python_path = [function.code, *(layer / "python" for layer in function.layers)]
    return (
        aws_settings(endpoint)
        | function.variables
        | {
            "AWS_EXECUTION_ENV": f"AWS_Lambda_python{sys.version_info.major}.{sys.version_info.minor}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "AWS_XRAY_SDK_ENABLED": "false",
            "LAMBDA_TASK_ROOT": str(function.code),
            "LANG": "en_US.UTF-8",
            "PATH": os.defpath,
            "PYTHONDONTWRITEBYTECODE": "1",  # in the cloud the code is read-only
            "PYTHONNOUSERSITE": "1",
            "PYTHONPATH": os.pathsep.join(map(str, python_path)),
            "TZ": ":UTC",
            "_HANDLER": function.handler,
        }
    )
