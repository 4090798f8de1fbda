"""A model server on 127.0.0.1 that asks the Router and writes the prediction log, in the shapes of KServe's V1.

POST /v1/models/NAME:predict {"instances": [...]} answers {"predictions": [...], "version": "3", "prediction_id": "..."}
and GET /health the revision that it follows. A request is one row: `X-Key` is what is split, such as a customer.
Faults can be injected for a version, to see a rollout taken back.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler
from typing import Any, Self
from urllib.parse import unquote
from uuid import uuid4

from auto_retrain.serving import Pick, PredictionLog, Router
from local.http_server import HttpServer

Predict = Callable[[Any], Any]


@dataclass(frozen=True)
class Fault:
    """What a version does wrong: a share of its requests fails, and each takes longer."""

    error_share: float = 0.0
    seconds: float = 0.0


@dataclass
class ModelServer:
    """A context manager; `load` gives the function of a version that predicts one instance, and is called once.

    `clock` says when an answer was given, by default now: tests run with a time of their own.
    """

    model_name: str
    router: Router
    log: PredictionLog
    load: Callable[[str], Predict]
    faults: dict[str, Fault] = field(default_factory=dict)
    clock: Callable[[], datetime] | None = None

    def __enter__(self) -> Self:
        self._loaded = cache(self.load)
        self._asked: dict[str, int] = {}
        self._counting = threading.Lock()
        self._server = HttpServer(self._handler())
        self.url = f"http://{self._server.address}"
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
        self.log.close()
        self.router.close()

    def answered(self, body: bytes, key: str, prediction_id: str) -> tuple[int, dict[str, Any]]:
        """The status and the answer to the body of a request."""
        try:
            (instance,) = json.loads(body)["instances"]
        except (ValueError, KeyError, TypeError):
            return 400, {"error": 'one instance is needed: {"instances": [...]}'}
        try:
            return 200, self.answer(key, instance, prediction_id)
        except Exception as error:
            return 500, {"error": str(error), "prediction_id": prediction_id}

    def answer(self, key: str, instance: Any, prediction_id: str | None = None) -> dict[str, Any]:
        """What a request gets; a challenger that fails is logged as an error, and the champion answers in its place."""
        pick, known_id = self.router.pick(key), prediction_id or str(uuid4())
        try:
            prediction, version = self._predict(pick, instance, key, known_id), pick.version
        except Exception:
            if pick.version == pick.champion:
                raise
            prediction, version = self._loaded(pick.champion)(instance), pick.champion
        if pick.mirror:
            self._copy(pick.for_copy, instance, key, known_id)
        return {"predictions": [prediction], "version": version, "prediction_id": known_id}

    def _predict(self, pick: Pick, instance: Any, key: str, prediction_id: str) -> Any:
        began, prediction, problem = time.perf_counter(), None, None
        try:
            self._injected(pick.version)
            prediction = self._loaded(pick.version)(instance)
            return prediction
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
            raise
        finally:
            taken = (time.perf_counter() - began) * 1000
            about = {"prediction_id": prediction_id, "row_id": prediction_id, "entity_id": key, "latency_ms": taken}
            at = self.clock() if self.clock else None
            self.log.write(pick, prediction, error=problem, predicted_at=at, **about)

    def _copy(self, pick: Pick, instance: Any, key: str, prediction_id: str) -> None:
        """In this thread, so that tests know when it is done; a real server would not let the caller wait."""
        try:
            self._predict(pick, instance, key, prediction_id)
        except Exception:
            return  # it is in the log

    def _injected(self, version: str) -> None:
        fault = self.faults.get(version, Fault())
        time.sleep(fault.seconds)
        with self._counting:
            asked = self._asked[version] = self._asked.get(version, 0) + 1
        # Evenly spread, not by chance: ten requests with a share of 0.3 fail three times.
        if int(asked * fault.error_share) > int((asked - 1) * fault.error_share):
            raise RuntimeError("an injected fault")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                router = server.router
                if self.path == "/health":
                    self._send(200, {"revision": router.revision, "age_seconds": router.age_seconds})
                else:
                    self._send(404, {"error": f"there is no {self.path}"})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                known_id = self.headers.get("X-Request-Id") or str(uuid4())
                if unquote(self.path) == f"/v1/models/{server.model_name}:predict":
                    self._send(*server.answered(body, self.headers.get("X-Key", known_id), known_id))
                else:
                    self._send(404, {"error": f"there is no {self.path}"})

            def _send(self, status: int, answer: dict[str, Any]) -> None:
                content = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Tests print nothing."""

        return Handler
