"""What an order uses, for the receipt of its retraining: seconds of this container, and bytes that it leaves."""

import time

# This module is imported before the libraries, whose import takes seconds that are paid for, too.
_STARTED = time.monotonic()


class Use:
    """Counts what is stored; the seconds count from the start of the program.

    In a back-test, which carries out many orders, they count from now, besides the `start_up` of a pod of its own.
    """

    def __init__(self, start_up: float | None = None) -> None:
        self._started = _STARTED if start_up is None else time.monotonic() - start_up
        self._stored_bytes = 0

    def stored(self, size: int) -> None:
        self._stored_bytes += size

    @property
    def document(self) -> dict[str, float]:
        """For the result document."""
        return {"seconds": round(time.monotonic() - self._started, 1), "stored_bytes": self._stored_bytes}
