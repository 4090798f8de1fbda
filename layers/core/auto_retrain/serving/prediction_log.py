"""Writes the prediction log in the background, so that no request waits for it or fails because of it."""

import atexit
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Self
from uuid import uuid4

from ..domain.prediction_log import default_prefix
from ..ports import PredictionFiles
from .forks import in_each_child
from .log_files import LogFile, Row, files_of
from .log_values import finite, moment, prediction_of, shortened, text
from .router import Pick

_LOG = logging.getLogger(__name__)

MAX_WAITING_ROWS = 20_000
ROWS_OF_A_FILE = 5_000
# How long a file that could not be stored waits for its next attempts; then its rows are dropped.
RETRY_SECONDS = (1.0, 4.0, 16.0)
CLOSING_SECONDS = 10.0
SECONDS_BETWEEN_WARNINGS = 60.0


class PredictionLog:
    """Keeps rows in memory and stores them in S3 as one file for each minute or 5,000 rows.

    At most 20,000 rows wait: if S3 is away for long, the rows beyond that are dropped, and so is what the log's schema
    cannot hold. `dropped` counts them.
    """

    @classmethod
    def connect(
        cls, model_name: str, *, bucket: str | None = None, prefix: str | None = None, flush_seconds: float = 60.0
    ) -> Self:
        """A log in a bucket, by default the one that the variable DATA_BUCKET names.

        Raises SettingMissing if no bucket is named.
        """
        from ..bootstrap import serving_ports

        def open_files() -> PredictionFiles:
            return serving_ports(data_bucket=bucket).prediction_files

        open_files()
        return cls(model_name, open_files, prefix=prefix, flush_seconds=flush_seconds)

    def __init__(
        self,
        model_name: str,
        open_files: Callable[[], PredictionFiles],
        *,
        prefix: str | None = None,
        flush_seconds: float = 60.0,
        retry_seconds: tuple[float, ...] = RETRY_SECONDS,
    ) -> None:
        """Nothing is opened yet. `prefix` is that of the policy's `deployment.requests`, if it names one.

        `open_files` is called in the background, once in each process: processes must not share connections.
        """
        self._model_name = model_name
        self._prefix = prefix or default_prefix(model_name)
        self._open_files = open_files
        self._flush_seconds = flush_seconds
        self._retry_seconds = retry_seconds
        self._begin()
        in_each_child(self, PredictionLog._begin)

    def write(
        self,
        pick: Pick,
        prediction: Any,
        *,
        prediction_id: Any = None,
        row_id: Any = None,
        entity_id: Any = None,
        score: Any = None,
        latency_ms: Any = None,
        business_value: Any = None,
        error: Any = None,
        predicted_at: datetime | None = None,
    ) -> str:
        """Log the answer of a version, and return its id, by which labels may be joined; never raises.

        Without an answer, `prediction` is None and `error` says why. `pick.for_copy` logs the answer to a copy, with
        the `prediction_id` of the original. What has no place in the log's schema is dropped and counted.
        """
        try:
            known_id = text(prediction_id) or str(uuid4())
            answer, problem = prediction_of(prediction)
            at = moment(predicted_at) if predicted_at is not None else time.time()
            ids = text(row_id), text(entity_id)
            numbers = finite(score), finite(latency_ms), finite(business_value)
            failure = problem if error is None else shortened(error)
            self._keep(Row(known_id, at, pick, answer, *ids, *numbers, failure))
        except Exception as refused:  # a request does not fail because of its log
            self._drop(1, str(refused))
            return str(prediction_id)[:100] if isinstance(prediction_id, str) else ""
        return known_id

    @property
    def dropped(self) -> int:
        """How many rows of this process were not and will not be stored."""
        return self._dropped

    @property
    def waiting(self) -> int:
        """How many rows wait to be stored."""
        return len(self._rows)

    def flush(self) -> None:
        """Store what waits now, in this thread."""
        with self._storing:
            while rows := [self._rows.popleft() for _ in range(min(len(self._rows), ROWS_OF_A_FILE))]:
                try:
                    files = list(files_of(rows, self._model_name, self._prefix))
                except Exception as error:  # a row that a program made up must not stop the thread
                    self._drop(len(rows), str(error))
                    continue
                for file in files:
                    self._store(file)

    def close(self, timeout_seconds: float = CLOSING_SECONDS) -> None:
        """Store what waits, for a bounded time, and end; a process that ends does so by itself."""
        self._closed.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout_seconds)
        self._drop(len(self._rows), "the log was closed before they were stored")
        self._rows.clear()
        _open_logs.discard(self)

    def _begin(self) -> None:
        """Also in a forked process: the rows that wait are stored by the process that wrote them."""
        self._rows: deque[Row] = deque()
        self._dropped = 0
        self._counting, self._storing, self._starting = threading.Lock(), threading.Lock(), threading.Lock()
        self._wake, self._closed = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None
        self._destination: PredictionFiles | None = None
        self._told_at = float("-inf")

    def _keep(self, row: Row) -> None:
        if self._closed.is_set():
            raise ValueError("the log is closed")
        waiting = len(self._rows)
        if waiting >= MAX_WAITING_ROWS:
            raise ValueError(f"{MAX_WAITING_ROWS} rows wait already")
        self._rows.append(row)
        if self._thread is None:
            self._start()
        if waiting + 1 >= ROWS_OF_A_FILE and not self._wake.is_set():
            self._wake.set()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                name = f"prediction log of {self._model_name}"
                thread = threading.Thread(target=self._store_until_closed, name=name, daemon=True)
                thread.start()
                self._thread = thread
                _open_logs.add(self)  # until it is closed, it stores what waits, whether anybody keeps it or not

    def _store_until_closed(self) -> None:
        while not self._closed.is_set():
            self._wake.wait(self._flush_seconds)
            self._wake.clear()
            self.flush()

    def _store(self, file: LogFile) -> None:
        problem: Exception | None = None
        for wait in (0.0, *self._retry_seconds):
            # A process that ends has no time to wait.
            if self._closed.wait(wait) and problem is not None:
                break
            try:
                if self._destination is None:
                    self._destination = self._open_files()
                self._destination.put(file.key, file.content, self._about(file))
                return
            except Exception as error:  # whatever it is, it is counted, and later rows are tried
                problem = error
        self._drop(file.rows, str(problem))

    def _about(self, file: LogFile) -> Mapping[str, str]:
        """What people see at the file: its rows, and how many the process has dropped so far."""
        return {"rows": str(file.rows), "dropped": str(self._dropped)}

    def _drop(self, rows: int, reason: str) -> None:
        with self._counting:
            self._dropped += rows
            is_due = rows > 0 and time.monotonic() - self._told_at >= SECONDS_BETWEEN_WARNINGS
            if is_due:
                self._told_at = time.monotonic()
        if is_due:
            _LOG.warning("%s rows of the prediction log were dropped so far: %s", self._dropped, reason)


_open_logs: set[PredictionLog] = set()


@atexit.register
def _close_all() -> None:
    for log in list(_open_logs):
        log.close()
