"""Whatever a fact quotes, its line in the log and its message stay on one line."""

import logging

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.domain.facts.quarantine import QuarantineLifted
from auto_retrain.usecases.audit.record import FACTS_LOG, announce
from tests.unit.announced import announced
from tests.unit.builders import NOON


def test_neither_log_nor_message_has_a_second_line_or_turned_text(caplog: pytest.LogCaptureFixture) -> None:
    ports = MemoryPorts()
    fact = QuarantineLifted(model_name="churn", actor="ada", at=NOON, since=NOON, reason="ok\nERROR \u202e\x1b[31m")
    with caplog.at_level(logging.INFO, FACTS_LOG):
        announce(fact, ports)
    (line,), (event,) = caplog.messages, announced(ports)
    assert line == event.sentence == "ada lifted the quarantine of churn: ok\\nERROR \\u202e\\x1b[31m"
