"""The only place where a fact leaves a use case, on its way to the log and the event bus.

By then it is in the audit chain of its model: a store appends it together with the change that it speaks of, or it is
appended here if there is none.
"""

import logging

from ...domain.errors import AutoRetrainError, TransientError
from ...domain.facts.fact import AnnouncedFact, Fact
from ...domain.text import one_line
from ...ports import Ports

FACTS_LOG = "auto_retrain.facts"

_LOG = logging.getLogger(FACTS_LOG)


def record(fact: Fact, ports: Ports) -> None:
    """Write the fact to the log, as one line with its fields, and publish it on the event bus.

    The fact stands even if the bus refuses it, so a refusal is only logged.
    """
    _publish(fact, ports)


def announce(fact: AnnouncedFact, ports: Ports) -> bool:
    """Record a fact that has to get through; returns false if announcing it again later may help."""
    return _publish(fact, ports)


def record_alone(fact: Fact, ports: Ports) -> None:
    """Record a fact that comes with no change of a store: it is put into the chain first."""
    ports.audit.append(fact)
    record(fact, ports)


def announce_alone(fact: AnnouncedFact, ports: Ports) -> bool:
    """Announce a fact that comes with no change of a store: it is put into the chain first."""
    ports.audit.append(fact)
    return announce(fact, ports)


def _publish(fact: Fact, ports: Ports) -> bool:
    if _LOG.isEnabledFor(logging.INFO):
        _LOG.info(one_line(fact.sentence), extra={"fact": {"fact_id": fact.fact_id, **fact.model_dump(mode="json")}})
    if ports.is_simulated:
        return True
    try:
        ports.events.publish(fact.as_event(ports.pages_url))
    except AutoRetrainError as error:
        _LOG.error("event %s was not published: %s", fact.fact_id, error)
        return not isinstance(error, TransientError)
    return True
