"""No client waits for long, reads without end, or trips over an answer, whatever the server does."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count, repeat
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.adapters import http
from auto_retrain.adapters.channels.slack import SlackWebhook
from auto_retrain.adapters.kubernetes.access.client import KubernetesClient
from auto_retrain.adapters.kubernetes.access.connection import Connection
from auto_retrain.adapters.kubernetes.access.transport import Transport
from auto_retrain.adapters.metrics.prometheus import PrometheusMetricSource
from auto_retrain.adapters.mlflow import MlflowRegistry
from auto_retrain.adapters.mlflow.server import PATIENCE_SECONDS, Server
from auto_retrain.domain.errors import AutoRetrainError, TransientError
from auto_retrain.domain.metric_reading import MetricQuery
from auto_retrain.domain.policy.metric import PrometheusMetric
from tests.contracts.ports.channels import a_secret
from tests.contracts.ports.odd_server import OddServer
from tests.contracts.ports.test_channels import NOTIFICATION

QUERY = MetricQuery(
    model_name="churn",
    metric=PrometheusMetric(source="prometheus", gauge="accuracy"),
    start=datetime(2026, 1, 1, tzinfo=UTC),
    end=datetime(2026, 1, 2, tzinfo=UTC),
)


def ask_mlflow(url: str) -> None:
    MlflowRegistry(url).champion("churn")


def download_from_mlflow(url: str) -> None:
    list(Server(url).download(f"{url}/model-versions/get-artifact", {}, http.time.monotonic() + 20))


def ask_prometheus(url: str) -> None:
    PrometheusMetricSource(url).read([QUERY])


def ask_kubernetes(url: str) -> None:
    transport = Transport(Connection(url, None, SimpleNamespace(token=lambda: "t", refresh=lambda: None)))
    KubernetesClient(transport, "ns", sleep=time.sleep, clock=http.time.monotonic).get_job("j")


def tell_slack(url: str) -> None:
    SlackWebhook(a_secret(f"{url}/services/T/B/secret"), frozenset({url}), "dev").send(NOTIFICATION)


CLIENTS = [ask_mlflow, ask_prometheus, ask_kubernetes, tell_slack]
Ask = Callable[[str], None]


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that were slept; nobody really sleeps."""
    naps = list[float]()
    monkeypatch.setattr(time, "sleep", naps.append)
    return naps


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("pause", ["3600", "30", "Fri, 31 Dec 2100 23:59:59 GMT"])
@pytest.mark.parametrize("ask", CLIENTS)
def test_a_server_that_asks_for_a_long_pause_is_left_to_the_state_machine(
    ask: Ask, pause: str, status: int, naps: list[float]
) -> None:
    with OddServer(status, {"Retry-After": pause}) as server, pytest.raises(TransientError, match=str(status)):
        ask(server.url)
    assert sum(naps) < PATIENCE_SECONDS
    assert len(server.requests) == 1


def test_a_busy_mlflow_is_asked_again_after_the_pause_that_it_asks_for(naps: list[float]) -> None:
    with OddServer(503, {"Retry-After": "1"}) as server, pytest.raises(TransientError, match="503"):
        ask_mlflow(server.url)
    assert naps == [1.0, 1.0]
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [200, 302, 403, 503])
@pytest.mark.parametrize("ask", [*CLIENTS, download_from_mlflow])
def test_an_answer_that_drips_in_for_ever_is_given_up(
    ask: Ask, status: int, naps: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    passing = count(step=3.0)
    monkeypatch.setattr(http, "time", SimpleNamespace(monotonic=lambda: next(passing)))
    elsewhere = {"Location": "http://127.0.0.1:1/"}
    with (
        OddServer(status, elsewhere, lambda: repeat(b" ")) as server,
        pytest.raises(TransientError, match="did not answer"),
    ):
        ask(server.url)


@pytest.mark.parametrize("ask", CLIENTS)
def test_an_answer_that_is_too_large_is_given_up(ask: Ask, naps: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 10_000)
    with OddServer(200, body=lambda: repeat(b" " * 1000)) as server, pytest.raises(TransientError):
        ask(server.url)


ODD_BODIES = {
    "nothing": b"",
    "nested deeply": b"[" * 100_000,
    "nested deeply in an object": b'{"a":' * 100_000,
    "no text": b"\xff\xfe\x00",
    "null": b"null",
    "huge number": b'{"status": 1e400, "data": ' + b"9" * 5000 + b"}",
    "not a number": b'{"status": NaN}',
    "gzip that is none": b"\x1f\x8b\x08",
}


@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES)
@pytest.mark.parametrize("status", [200, 400, 404, 500])
@pytest.mark.parametrize("ask", CLIENTS)
def test_an_answer_that_makes_no_sense_is_an_error_of_ours_or_none(
    ask: Ask, status: int, body: bytes, naps: list[float]
) -> None:
    headers = {"Content-Encoding": "gzip"} if body.startswith(b"\x1f") else {}
    with OddServer(status, headers, lambda: [body]) as server, suppress(AutoRetrainError):
        ask(server.url)


@given(st.text() | st.dates().map(str) | st.integers().map(str))
def test_any_pause_that_a_server_asks_for_is_a_number_of_seconds(value: str) -> None:
    answer: Any = http.Answer(503, {"Retry-After": value}, b"")
    assert answer.retry_after >= 0
