"""The prediction log neither fails nor slows a request, and says what it had to drop."""

import gzip
import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from auto_retrain.domain.prediction_log import COLUMNS
from auto_retrain.serving import Pick, PredictionLog
from auto_retrain.serving.prediction_log import MAX_WAITING_ROWS, ROWS_OF_A_FILE
from tests.unit.serving.serving_world import Files

PICK = Pick("2", "challenger", 0.25, "1", None, "churn-9", 1)
AT = datetime(2026, 3, 1, 23, 59, 59, 500_000, tzinfo=UTC)
NEVER = 3600.0


@pytest.fixture
def files() -> Files:
    return Files()


@pytest.fixture
def log(files: Files) -> Iterator[PredictionLog]:
    log = PredictionLog("churn", lambda: files, flush_seconds=NEVER, retry_seconds=(0.0, 0.0))
    yield log
    log.close()


def rows(files: Files) -> list[dict[str, Any]]:
    return [json.loads(line) for content in files.files.values() for line in gzip.decompress(content).splitlines()]


def test_a_row_has_the_columns_of_the_schema(log: PredictionLog, files: Files) -> None:
    known = log.write(
        PICK, "yes", row_id="r", entity_id="ann", score=0.75, latency_ms=12.5, business_value=3, predicted_at=AT
    )
    log.flush()
    (row,) = rows(files)
    assert set(row) == {column.name for column in COLUMNS} - {"error"}
    assert (row["prediction_id"], row["predicted_at"]) == (known, "2026-03-01T23:59:59.500000+00:00")
    assert (row["version"], row["arm"], row["rollout_id"], row["step"]) == ("2", "challenger", "churn-9", 1)
    assert (row["served"], row["assignment_probability"], row["score"]) == (True, 0.25, 0.75)
    assert UUID(known)


def test_files_are_in_the_folder_of_their_hour_in_utc(log: PredictionLog, files: Files) -> None:
    for at in (AT, datetime.fromisoformat("2026-03-02T02:00:00+02:00")):
        log.write(PICK, "yes", predicted_at=at)
    log.flush()
    folders = sorted(key.rpartition("/")[0] for key in files.files)
    assert folders == [f"predictions/model=churn/date=2026-03-0{day}" for day in ("1/hour=23", "2/hour=00")]
    assert all(key.rpartition("/")[2].startswith("part-") and key.endswith(".jsonl.gz") for key in files.files)


def test_the_answer_to_a_copy_is_not_served(log: PredictionLog, files: Files) -> None:
    log.write(Pick("1", "champion", 1.0, "1", "2", "churn-9", 0).for_copy, "no", prediction_id="p")
    log.flush()
    assert [(row["version"], row["served"]) for row in rows(files)] == [("2", False)]


def test_an_error_is_a_row_without_an_answer(log: PredictionLog, files: Files) -> None:
    log.write(PICK, None, error=RuntimeError("x" * 1000))
    log.write(PICK, None, error="")
    log.flush()
    assert [row["error"] for row in rows(files)] == ["x" * 256, "str"]
    assert not any("prediction" in row for row in rows(files))


@pytest.mark.parametrize(
    ("answer", "stored"),
    [
        (np.int64(1), 1.0),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("yes"), "yes"),
        (np.array([3]), 3.0),
        (Decimal("0.25"), 0.25),
        (True, True),
        ("half a \ud800 pair", "half a ? pair"),
        ("two\nlines \0", "two\nlines \0"),
    ],
)
def test_an_answer_is_stored_as_text_number_or_boolean(
    log: PredictionLog, files: Files, answer: Any, stored: Any
) -> None:
    log.write(PICK, answer)
    log.flush()
    ((value, kind),) = [(row["prediction"], type(row["prediction"])) for row in rows(files)]
    assert (value, kind) == (stored, type(stored))


@pytest.mark.parametrize("answer", [float("nan"), np.float64("inf"), Decimal("NaN")])
def test_an_answer_that_is_not_finite_is_an_error_of_the_version(log: PredictionLog, files: Files, answer: Any) -> None:
    log.write(PICK, answer, score=float("nan"), latency_ms=float("inf"))
    log.flush()
    (row,) = rows(files)
    assert row["error"].startswith("the answer is ")
    assert not {"prediction", "score", "latency_ms"} & set(row)


class Hostile:
    def __str__(self) -> str:
        raise RuntimeError("no text")

    item = None


@pytest.mark.parametrize(
    "arguments",
    [
        {"prediction": [1, 2]},
        {"prediction": {"a": 1}},
        {"prediction": np.array([1, 2])},
        {"prediction": AT},
        {"prediction": "x" * 257},
        {"prediction": 10**400},
        {"prediction": "yes", "predicted_at": datetime(2026, 3, 1)},
        {"prediction": "yes", "predicted_at": "yesterday"},
        {"prediction": "yes", "entity_id": 1.5},
        {"prediction": "yes", "entity_id": "x" * 257},
        {"prediction": "yes", "score": "high"},
        {"prediction": "yes", "prediction_id": Hostile()},
        {"prediction": None, "error": Hostile()},
    ],
)
def test_what_the_schema_cannot_hold_is_dropped_and_counted(
    log: PredictionLog, files: Files, arguments: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        log.write(PICK, arguments.pop("prediction"), **arguments)
        log.write(PICK, [1])
    log.write(PICK, "yes")
    log.flush()
    assert (log.dropped, len(rows(files))) == (2, 1)
    assert len(caplog.records) == 1
    assert files.about == [{"rows": "1", "dropped": "2"}]


def test_a_row_that_is_no_json_is_dropped_and_later_ones_are_stored(log: PredictionLog, files: Files) -> None:
    log.write(PICK._replace(probability=float("nan")), "made up")
    log.flush()
    log.write(PICK, "yes")
    log.flush()
    assert (len(rows(files)), log.dropped) == (1, 1)


def test_a_file_has_answers_of_one_kind(log: PredictionLog, files: Files) -> None:
    for answer in (1, 2.5, "yes", True, None):
        log.write(PICK, answer, predicted_at=AT)
    log.flush()
    assert len(files.files) == 4
    assert all(column.name in row for row in rows(files) for column in COLUMNS if column.is_needed)


def test_ids_may_be_whole_numbers_and_uuids(log: PredictionLog, files: Files) -> None:
    log.write(PICK, 1, prediction_id=UUID(int=7), entity_id=np.int64(12), row_id=3)
    log.flush()
    (row,) = rows(files)
    assert (row["prediction_id"], row["entity_id"], row["row_id"]) == (str(UUID(int=7)), "12", "3")


def test_a_file_that_was_not_stored_is_tried_again_with_the_same_name(log: PredictionLog, files: Files) -> None:
    files.failures = 2
    log.write(PICK, "yes")
    log.flush()
    assert (len(rows(files)), log.dropped) == (1, 0)


def test_after_the_last_attempt_its_rows_are_dropped_and_later_ones_stored(log: PredictionLog, files: Files) -> None:
    files.failures = 3
    log.write(PICK, "lost")
    log.flush()
    log.write(PICK, "kept")
    log.flush()
    assert [row["prediction"] for row in rows(files)] == ["kept"]
    assert (log.dropped, files.about[-1]["dropped"]) == (1, "1")


class Stuck(Files):
    """S3 that answers nothing until it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.released = threading.Event(), threading.Event()

    def put(self, *file: Any) -> None:
        self.asked.set()
        self.released.wait(30)
        super().put(*file)


def test_while_s3_hangs_memory_is_bounded_and_drops_are_counted() -> None:
    files = Stuck()
    log = PredictionLog("churn", lambda: files, flush_seconds=NEVER)
    for _ in range(ROWS_OF_A_FILE):
        log.write(PICK, "yes", prediction_id="p")
    assert files.asked.wait(10)
    in_hand = ROWS_OF_A_FILE - log.waiting
    for _ in range(MAX_WAITING_ROWS + 500):
        log.write(PICK, "yes", prediction_id="p")
    assert log.waiting == MAX_WAITING_ROWS
    assert log.dropped == 500 + ROWS_OF_A_FILE - in_hand
    files.released.set()
    log.close(30)
    assert len(rows(files)) == MAX_WAITING_ROWS + in_hand


def test_many_threads_lose_nothing(files: Files) -> None:
    log = PredictionLog("churn", lambda: files, flush_seconds=0.01)

    def write() -> None:
        for _ in range(100):
            log.write(PICK, "yes")

    writing = [threading.Thread(target=write) for _ in range(100)]
    for thread in writing:
        thread.start()
    for thread in writing:
        thread.join()
    log.close()
    assert len({row["prediction_id"] for row in rows(files)}) == 10_000
    assert log.dropped == 0


def test_a_closed_log_drops_and_counts(log: PredictionLog, files: Files) -> None:
    log.write(PICK, "yes")
    log.close()
    log.write(PICK, "too late")
    assert (len(rows(files)), log.dropped) == (1, 1)


def test_closing_does_not_wait_for_an_s3_that_is_away(files: Files) -> None:
    log = PredictionLog("churn", lambda: files, flush_seconds=NEVER, retry_seconds=(NEVER,))
    files.failures = 99
    log.write(PICK, "yes")
    log.close()
    assert log.dropped == 1


def test_a_forked_worker_stores_its_own_rows_only(files: Files) -> None:
    log = PredictionLog("churn", lambda: files, flush_seconds=NEVER)
    log.write(PICK, "parent")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        log.write(PICK, "child")
        log.close()
        os.write(writing, ",".join(row["prediction"] for row in rows(files)).encode())
        os._exit(0)
    os.waitpid(child, 0)
    log.close()
    assert os.read(reading, 99) == b"child"
    assert [row["prediction"] for row in rows(files)] == ["parent"]
    os.close(reading)
    os.close(writing)


def test_a_process_that_ends_stores_what_waits() -> None:
    program = """
from auto_retrain.serving import Pick, PredictionLog

class Files:
    def put(self, key, content, about):
        print(about["rows"])

PredictionLog("churn", Files).write(Pick("1", "champion", 1.0, "1"), "yes")
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout == "1\n"


def test_serving_needs_neither_numpy_nor_pyarrow_nor_a_client_until_it_connects() -> None:
    program = "import sys, auto_retrain.serving; print({'numpy', 'pyarrow', 'botocore', 'scipy'} & set(sys.modules))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert ended.stdout == "set()\n"
