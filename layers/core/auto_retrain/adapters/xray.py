"""Sends spans to the X-Ray daemon that Lambda runs beside each traced function, by UDP.

The daemon has the right to send them on, and a way there from any network. A datagram waits for nobody, so a trace
costs a function no time, and no library. Source: AWS X-Ray developer guide, "Sending trace data to X-Ray".
"""

import json
import logging
import re
import socket
from collections.abc import Mapping, Sequence

from ..domain.tracing import Span, TracePoint

TRACE_HEADER, DAEMON_ADDRESS = "_X_AMZN_TRACE_ID", "AWS_XRAY_DAEMON_ADDRESS"
ENVELOPE = b'{"format": "json", "version": 1}\n'
# X-Ray allows letters, digits, spaces and these.
_OTHERS = re.compile(r"[^\w .:/%&#=+@-]")
MAX_NAME = 200

_LOG = logging.getLogger(__name__)


class XRayTraces:
    """Traces of a Lambda function; outside of one there are none."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment  # Lambda changes it with every call

    def current(self) -> TracePoint | None:
        fields = dict(re.findall(r"(\w+)=([^;]+)", self._environment.get(TRACE_HEADER, "")))
        if fields.get("Sampled") != "1" or "Root" not in fields or "Parent" not in fields:
            return None
        return TracePoint(trace_id=fields["Root"], parent_id=fields["Parent"])

    def put(self, spans: Sequence[Span]) -> None:
        host, _, port = self._environment.get(DAEMON_ADDRESS, "").rpartition(":")
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as daemon:
                for span in spans if host else ():
                    daemon.sendto(ENVELOPE + json.dumps(_subsegment(span)).encode(), (host, int(port)))
        except (OSError, ValueError, OverflowError) as error:
            _LOG.warning("spans were not sent: %s", type(error).__name__)


def _subsegment(span: Span) -> dict[str, object]:
    return {
        "type": "subsegment",
        "trace_id": span.trace_id,
        "parent_id": span.parent_id,
        "id": span.span_id,
        "name": _OTHERS.sub("_", span.name)[:MAX_NAME],
        "start_time": span.started_at.timestamp(),
        "end_time": span.ended_at.timestamp(),
        "fault": span.failed,
        "annotations": {"job_id": span.job_id, "model_name": span.model_name},
    }
