"""Stores the page about a request of a person that opened no job, and names it in the state of the model."""

import logging
from functools import partial

from ...domain.decision_record import DecisionRecord
from ...domain.model_state import LastRequest
from ...domain.pages import request_path
from ...ports import Ports
from ..isolation import attempt

_LOG = logging.getLogger(__name__)


def publish_request_page(decision: DecisionRecord, reason: str | None, waits_for: str | None, ports: Ports) -> None:
    """Store the page; no decision depends on it, so whatever goes wrong is only logged."""
    problems: list[str] = []
    attempt(partial(_publish, decision, reason, waits_for, ports), f"page about request {decision.name}", problems)
    for problem in problems:
        _LOG.warning("%s", problem)


def _publish(decision: DecisionRecord, reason: str | None, waits_for: str | None, ports: Ports) -> None:
    # Imported here: most decisions have no page.
    from ...report import render_request

    page = render_request(decision, reason, waits_for).encode()
    ports.data.write(request_path(decision.model_name, decision.name), page)
    request = LastRequest(key=decision.name, at=decision.recorded_at, held_by=decision.held_by)
    ports.states.record_request(decision.model_name, request)
