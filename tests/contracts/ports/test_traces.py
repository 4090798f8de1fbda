"""Traces on both adapters; the spans that reach the daemon are ones that X-Ray takes. Losing them raises nothing."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest
from aws_xray_sdk.core import xray_recorder

from auto_retrain.adapters.memory.traces import MemoryTraces
from auto_retrain.adapters.xray import DAEMON_ADDRESS, ENVELOPE, TRACE_HEADER, XRayTraces
from auto_retrain.domain.tracing import Span, TracePoint, span_id_of
from auto_retrain.ports import Traces
from tests.aws_clients import REGION
from tests.unit.builders import NOON

ROOT, PARENT = "1-67a1b2c3-0123456789abcdef01234567", "53995c3f42cd8ad8"
POINT = TracePoint(trace_id=ROOT, parent_id=PARENT)
SPAN = Span(
    trace_id=ROOT,
    parent_id=PARENT,
    span_id=span_id_of("churn-1", "train"),
    name="train in the cluster",
    started_at=NOON,
    ended_at=NOON + timedelta(minutes=3),
    job_id="churn-1",
    model_name="churn",
)


@pytest.fixture
def daemon() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.settimeout(5)
        yield listening


@pytest.fixture
def service(aws: None) -> Iterator[Any]:
    """X-Ray itself; the stand-in loads a library that opens a socket and leaves it open."""
    yield boto3.client("xray", region_name=REGION)
    xray_recorder.emitter._socket.close()


def address_of(daemon: socket.socket) -> str:
    host, port = daemon.getsockname()
    return f"{host}:{port}"


def received(daemon: socket.socket) -> dict[str, Any]:
    envelope, _, document = daemon.recv(65_535).partition(b"\n")
    assert envelope + b"\n" == ENVELOPE
    subsegment: dict[str, Any] = json.loads(document)
    return subsegment


@pytest.fixture(params=["memory", "xray"])
def traced(request: pytest.FixtureRequest) -> Traces:
    if request.param == "xray":
        daemon = request.getfixturevalue("daemon")
        header = f"Root={ROOT};Parent={PARENT};Sampled=1;Lineage=1:9b3c:0"
        return XRayTraces({TRACE_HEADER: header, DAEMON_ADDRESS: address_of(daemon)})
    memory = MemoryTraces()
    memory.point = POINT
    return memory


def test_a_call_that_is_traced_knows_where(traced: Traces) -> None:
    assert traced.current() == POINT
    traced.put([SPAN])


@pytest.mark.parametrize("traces", [MemoryTraces(), XRayTraces({})], ids=["memory", "xray"])
def test_a_call_that_is_not_traced_puts_spans_nowhere(traces: Traces) -> None:
    assert traces.current() is None
    traces.put([SPAN])


@pytest.mark.parametrize("header", [f"Root={ROOT};Parent={PARENT};Sampled=0", f"Root={ROOT}", "odd", ""])
def test_a_trace_that_nobody_keeps_is_none(header: str) -> None:
    assert XRayTraces({TRACE_HEADER: header}).current() is None


def test_a_later_call_of_the_same_process_is_in_its_own_trace() -> None:
    environment = {TRACE_HEADER: f"Root={ROOT};Parent={PARENT};Sampled=1"}
    traces = XRayTraces(environment)
    environment[TRACE_HEADER] = f"Root=other;Parent={PARENT};Sampled=1"
    assert traces.current() == TracePoint(trace_id="other", parent_id=PARENT)


def test_what_reaches_the_daemon_is_what_x_ray_takes(service: Any, daemon: socket.socket) -> None:
    XRayTraces({DAEMON_ADDRESS: address_of(daemon)}).put([SPAN])
    subsegment = received(daemon)
    answer = service.put_trace_segments(TraceSegmentDocuments=[json.dumps(subsegment)])
    assert answer["UnprocessedTraceSegments"] == []
    assert (subsegment["trace_id"], subsegment["parent_id"]) == (ROOT, PARENT)
    assert subsegment["end_time"] - subsegment["start_time"] == 180
    assert subsegment["annotations"] == {"job_id": "churn-1", "model_name": "churn"}


def test_a_name_that_x_ray_would_refuse_is_made_one_that_it_takes(daemon: socket.socket) -> None:
    XRayTraces({DAEMON_ADDRESS: address_of(daemon)}).put([SPAN.changed(name="fit <b>'né'</b>\n" + "x" * 300)])
    name = received(daemon)["name"]
    assert (len(name), name[:17]) == (200, "fit _b__né__/b__x")


@pytest.mark.parametrize("address", ["", "no port", "127.0.0.1:port", "127.0.0.1:99999", "host.invalid:2000"])
def test_a_daemon_that_is_not_there_costs_only_the_trace(address: str) -> None:
    XRayTraces({DAEMON_ADDRESS: address}).put([SPAN])
