"""Lambda execution environments: one process each, running the handler exactly as it is packaged."""

import threading
from concurrent.futures import TimeoutError as FutureTimeout

from local.aws.function import ENTRYPOINT, Function, environment_of
from local.aws.runtime_api import Answer, Invocation, RuntimeApi
from local.containers import SIGNAL_BASE, Forerunner, LoggedProcess

# AWS allows ten seconds for initialisation, on a machine that does nothing else at that moment.
_INIT_SECONDS = 60.0


class Sandbox:
    """One process, one invocation at a time; once it has failed to answer, it is not used again."""

    def __init__(self, function: Function, endpoint: str, forerunner: Forerunner | None = None) -> None:
        self.function = function
        self._api = RuntimeApi()
        environment = environment_of(function, endpoint, self._api.address)
        command = [*ENTRYPOINT, function.handler]
        self._process = LoggedProcess(command, environment, function.code, function.log, forerunner)
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    @property
    def alive(self) -> bool:
        return self._process.alive

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
        self._process.kill()

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
        self._api.close(Answer.error("Runtime.ExitError", f"Error: Runtime exited with error: {_describe(status)}"))


def _describe(status: int) -> str:
    return f"exit status {status}" if status <= SIGNAL_BASE else f"signal: {status - SIGNAL_BASE}"
