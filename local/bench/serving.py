"""What it costs a request to be routed and logged."""

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from auto_retrain.domain.deployment_ledger import LedgerLine
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.rollout import Rollout
from auto_retrain.domain.serving import ServingRecord
from auto_retrain.serving import Pick, PredictionLog, Router
from auto_retrain.serving.prediction_log import MAX_WAITING_ROWS, ROWS_OF_A_FILE
from local.bench.figure import Figure

CALLS = 100_000
THREADS = 100
BURST = ROWS_OF_A_FILE // 2
ROUNDS = 5
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def measure() -> list[Figure]:
    """One pick and one row of the prediction log, in a rollout."""
    router, log = Router("churn", _Ledger, refresh_seconds=0.5), PredictionLog("churn", _Nowhere, flush_seconds=3600)  # type: ignore[arg-type]
    try:
        pick = router.pick("customer-1")
        write = _writing(log, pick)
        return [
            Figure("picking a version", _alone(router.pick), "us", 5),
            Figure(f"picking a version, {THREADS} threads", _together(router.pick), "us", 5),
            Figure("logging an answer", _in_bursts(log, write), "us", 20),
            Figure("logging an answer, and storing it at once", _alone(write), "us"),
            Figure("logging an answer, also while the log is full", _full(log, write), "us", 20),
            Figure("rows that wait at most", log.waiting, "rows", MAX_WAITING_ROWS),
        ]
    finally:
        router.close()
        log.close(timeout_seconds=1)


def _writing(log: PredictionLog, pick: Pick) -> Callable[[str], Any]:
    return lambda key: log.write(pick, "yes", entity_id=key, score=0.75, latency_ms=12.5)


def _alone(call: Callable[[str], Any]) -> float:
    """Microseconds of a call, in the fastest round."""
    return min(_time(call, CALLS) for _ in range(ROUNDS)) / CALLS * 1e6


def _together(call: Callable[[str], Any]) -> float:
    """Threads share one processor at a time, so all of them together take as long as one would."""
    threads = [threading.Thread(target=_time, args=(call, CALLS // THREADS)) for _ in range(THREADS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return (time.perf_counter() - started) / CALLS * 1e6


def _in_bursts(log: PredictionLog, call: Callable[[str], Any]) -> float:
    """What a request pays; the rows are stored in between."""
    seconds = []
    for _ in range(ROUNDS * 5):
        log.flush()
        seconds.append(_time(call, BURST))
    return min(seconds) / BURST * 1e6


def _full(log: PredictionLog, call: Callable[[str], Any]) -> float:
    _Nowhere.hangs.set()
    _time(call, 2 * MAX_WAITING_ROWS)
    assert log.waiting == MAX_WAITING_ROWS
    return _alone(call)


def _time(call: Callable[[str], Any], calls: int) -> float:
    keys = [f"customer-{number}" for number in range(calls)]
    started = time.perf_counter()
    for key in keys:
        call(key)
    return time.perf_counter() - started


class _Nowhere:
    """S3 that forgets what it stores, and from some time on never answers."""

    hangs = threading.Event()

    def put(self, key: str, content: bytes, about: Mapping[str, str]) -> None:
        if self.hangs.is_set():
            threading.Event().wait()


class _Ledger:
    def serving(self, model_name: str) -> ServingRecord:
        data = {"prefix": model_name, "row_id": "id", "label": "y", "numeric": ["age"]}
        policy = Policy.model_validate({"model": model_name, "owner": "bench", "data": data}, strict=False)
        version = ModelVersion(number="1")
        line = LedgerLine(
            model_name=model_name,
            sequence=1,
            change="adopted",
            version=version,
            previous_version=None,
            reason="it served",
            deployed_at=NOW,
            job_id=None,
            windows=None,
        )
        rollout = Rollout(
            job_id="churn-1",
            challenger=ModelVersion(number="2"),
            deployment=policy.deployment,
            policy_version=1,
            started_at=NOW,
            weight=10,
            since=NOW,
        )
        return ServingRecord(model_name=model_name, champion=line, rollout=rollout)
