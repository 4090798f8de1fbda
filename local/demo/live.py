"""A model behind a real HTTP server: customers ask about real flights, and the labels come once these have landed."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Self

import requests
from pyarrow import parquet

from auto_retrain.adapters.data.prediction_files import S3PredictionFiles
from auto_retrain.serving import PredictionLog, Router
from local.demo.flights import LABEL, ROW_ID
from local.demo.serving import ServedDay, Serving
from local.demo.stage import Stage
from local.serving.labels import write_labels
from local.serving.server import ModelServer

CUSTOMERS = 4


class LiveModel:
    """A context manager; `labels` is the folder in the data bucket where labels arrive, by the day of their arrival.

    The server predicts all flights of a day at once when the first of them is asked about: a model takes as long for
    one row as for a day.
    """

    def __init__(self, stage: Stage, model: str, serving: Serving, flights: Path, labels: str) -> None:
        self._stage = stage
        self._model = model
        self._serving = serving
        self._flights = flights
        self._labels = labels
        self._in_the_air: dict[str, int] = {}
        self._at: datetime | None = None
        self._predicted: dict[tuple[str, date], ServedDay] = {}
        self._loading = threading.Lock()
        self._undo = ExitStack()

    def __enter__(self) -> Self:
        stack = self._stage.stack
        log = PredictionLog(self._model, lambda: S3PredictionFiles(stack.client("s3"), stack.data_bucket))
        router = Router(self._model, lambda: self._stage.ledger)
        server = ModelServer(self._model, router, log, self._load, clock=lambda: self._at or datetime.now(UTC))
        self._server = self._undo.enter_context(server)
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def ask(self, day: date, at: datetime | None = None, limit: int | None = None) -> Counter[str]:
        """Ask about the flights of a day, as if that was the time now; how many each version has answered."""
        self._at = at
        flights = parquet.read_table(self._flights / f"date={day}", columns=[ROW_ID, LABEL]).slice(0, limit)
        landing = dict(zip(*flights.to_pydict().values(), strict=True))
        self._server.router.refresh()
        with ThreadPoolExecutor(CUSTOMERS) as customers:
            versions = Counter(customers.map(self._asking(day), landing))
        self._server.log.flush()
        self._in_the_air.update(landing)
        return versions

    def land(self, day: date) -> None:
        """The flights that were asked about have landed: their labels arrive on that day."""
        stack = self._stage.stack
        write_labels(
            stack.client("s3"), stack.data_bucket, self._labels, self._in_the_air, day, row_id=ROW_ID, label=LABEL
        )
        self._in_the_air.clear()

    def _asking(self, day: date) -> Callable[[str], str]:
        url = f"{self._server.url}/v1/models/{self._model}:predict"
        sessions = threading.local()

        def ask(row_id: str) -> str:
            if not hasattr(sessions, "session"):
                sessions.session = requests.Session()
            instance = {ROW_ID: row_id, "date": day.isoformat()}
            headers = {"X-Key": row_id, "X-Request-Id": row_id}
            answer = sessions.session.post(url, json={"instances": [instance]}, headers=headers, timeout=60)
            answer.raise_for_status()
            return str(answer.json()["version"])

        return ask

    def _load(self, version: str) -> Callable[[Any], int]:
        return lambda instance: self._answers(version, date.fromisoformat(instance["date"])).answers[instance[ROW_ID]]

    def _answers(self, version: str, day: date) -> ServedDay:
        with self._loading:
            if (version, day) not in self._predicted:
                (self._predicted[version, day],) = self._serving.predict(self._model, version, [day])
            return self._predicted[version, day]
