"""The server in the manual runs as it is printed there."""

import asyncio
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient

from auto_retrain.serving import PredictionLog, Router
from local.paths import ROOT
from tests.architecture.pages import the_block
from tests.unit.serving.serving_world import Files, Ledger, a_record
from tests.unit.serving.test_prediction_log import rows

PAGE = ROOT / "docs" / "serving.md"


class Client:
    """Speaks to a program as its web server would."""

    def __init__(self, program: Any) -> None:
        self._program = program

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        async def ask() -> dict[str, Any]:
            async with AsyncClient(transport=ASGITransport(self._program), base_url="http://model") as client:
                answer: dict[str, Any] = (await client.request(method, path, json=body)).json()
                return answer

        return asyncio.run(ask())

    def predict(self) -> dict[str, Any]:
        return self.ask("POST", "/predict/ann", {"age": 40, "plan": "gold"})


def load_model(uri: str) -> Any:
    version = uri.rpartition("/")[2]
    if version == "3":
        raise ImportError("no module named 'sklearn'")
    return SimpleNamespace(predict=lambda frame: f"{version}: " + frame["age"].astype(str) + frame["plan"])


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Client, PredictionLog, Files]]]:
    """Start the printed program on a record."""
    routers = []

    def start(record: Any) -> tuple[Client, PredictionLog, Files]:
        files = Files()
        router = Router("churn", lambda: Ledger(record), refresh_seconds=3600)  # type: ignore[arg-type, return-value]
        log = PredictionLog("churn", lambda: files, flush_seconds=3600)
        routers.append(router)
        monkeypatch.setattr(Router, "connect", lambda name: router)
        monkeypatch.setattr(PredictionLog, "connect", lambda name: log)
        pyfunc = ModuleType("mlflow.pyfunc")
        pyfunc.load_model = load_model  # type: ignore[attr-defined]
        mlflow = ModuleType("mlflow")
        mlflow.pyfunc = pyfunc  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "mlflow", mlflow)
        monkeypatch.setitem(sys.modules, "mlflow.pyfunc", pyfunc)
        module = ModuleType("printed")
        monkeypatch.setitem(sys.modules, "printed", module)
        exec(the_block(PAGE, "python", "FastAPI"), module.__dict__)
        return Client(module.app), log, files

    yield start
    for router in routers:
        router.close()


Serve = Callable[..., tuple[Client, PredictionLog, Files]]


def test_the_challenger_answers_and_is_logged(serve: Serve) -> None:
    client, log, files = serve(a_record(100))
    answer = client.predict()
    log.close()
    assert (answer["prediction"], answer["version"]) == ("2: 40gold", "2")
    (row,) = rows(files)
    assert (row["version"], row["prediction_id"]) == ("2", answer["prediction_id"])
    assert row["row_id"] == row["entity_id"] == "ann"
    assert client.ask("GET", "/health")["dropped"] == 0


def test_a_challenger_that_cannot_be_loaded_is_one_error_row(serve: Serve) -> None:
    record = a_record(100)
    assert record.rollout is not None
    other = record.rollout.challenger.changed(number="3")
    client, log, files = serve(record.changed(rollout=record.rollout.changed(challenger=other)))
    answer = client.predict()
    log.close()
    assert answer["version"] == "1"
    assert [(row["version"], row["error"]) for row in rows(files)] == [("3", "no module named 'sklearn'")]


def test_a_copy_is_answered_later_with_the_id_of_its_original(serve: Serve) -> None:
    client, log, files = serve(a_record(0, mirror_share=100))
    answer = client.predict()
    log.close()
    assert [(row["version"], row["served"]) for row in rows(files)] == [("1", True), ("2", False)]
    assert {row["prediction_id"] for row in rows(files)} == {answer["prediction_id"]}
