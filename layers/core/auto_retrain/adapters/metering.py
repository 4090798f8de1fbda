"""Measures the invocation of a function, and puts it on the job that the function saves, without a call of its own."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

# Only for the type checker: every function loads this file, and not every one loads jobs.
if TYPE_CHECKING:
    from ..domain.job import RetrainingJob
    from ..domain.usage import FunctionUse

_MB_PER_GB = 1024


class Meter:
    """The clock of one invocation; while it is stopped, as in the command line, jobs stay as they are."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self.stop()

    def start(self, function: str, memory_mb: int) -> None:
        """Begin an invocation of a function that works for one job."""
        self._function, self._gb, self._is_new = function, memory_mb / _MB_PER_GB, True
        self._since = self._monotonic()

    def stop(self) -> None:
        self._function, self._gb, self._is_new, self._since = "", 0.0, False, 0.0

    def used(self) -> "FunctionUse | None":
        """What the invocation used since the start, or since the last stamp; None while nothing is measured."""
        if not self._function:
            return None
        # Imported here, as jobs are.
        from ..domain.usage import FunctionUse

        return FunctionUse(calls=1, gb_seconds=round((self._monotonic() - self._since) * self._gb, 4))

    def stamp(self, job: "RetrainingJob") -> "RetrainingJob":
        """The job with the time since the start, or since the last stamp."""
        if not self._function:
            return job
        now = self._monotonic()
        usage = job.usage.with_call(self._function, (now - self._since) * self._gb, is_new=self._is_new)
        self._since, self._is_new = now, False
        return job.changed(usage=usage)
