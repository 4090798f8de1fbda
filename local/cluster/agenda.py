"""What the cluster does next: one thread that keeps appointments in order, each under the one lock of the cluster."""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable

_LOG = logging.getLogger(__name__)


class Appointment:
    """Something that will be done unless it is cancelled."""

    def __init__(self, due: float, action: Callable[[], None]) -> None:
        self.due = due
        self.action = action
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Agenda:
    """Appointments by time; those for the same moment are kept in the order in which they were made."""

    def __init__(self, lock: threading.Condition) -> None:
        self._lock = lock
        self._appointments: list[tuple[float, int, Appointment]] = []
        self._numbers = itertools.count()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="cluster-agenda", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._lock.notify_all()
        self._thread.join(timeout=10)

    def is_idle(self) -> bool:
        return not self._appointments or self._appointments[0][0] > time.monotonic()

    def soon(self, action: Callable[[], None]) -> Appointment:
        return self.later(0, action)

    def later(self, seconds: float, action: Callable[[], None]) -> Appointment:
        appointment = Appointment(time.monotonic() + seconds, action)
        with self._lock:
            heapq.heappush(self._appointments, (appointment.due, next(self._numbers), appointment))
            self._lock.notify_all()
        return appointment

    def _run(self) -> None:
        while not self._closed:
            # Releasing the lock in between lets callers see each step, as in a real cluster.
            with self._lock:
                if not self._closed:
                    self._do_next()

    def _do_next(self) -> None:
        wait = self._appointments[0][0] - time.monotonic() if self._appointments else None
        if wait is None or wait > 0:
            self._lock.wait(wait)
            return
        _, _, appointment = heapq.heappop(self._appointments)
        if not appointment.cancelled:
            try:
                appointment.action()
            except Exception:
                _LOG.exception("the local cluster failed at %s", appointment.action)
