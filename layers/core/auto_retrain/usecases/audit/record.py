"""The only place where a fact leaves a use case, on its way to the log and the event bus.

By then it is in the audit chain of its model: a store appends it together with the change that it speaks of.
"""

import logging

from ...domain.errors import AutoRetrainError, TransientError
from ...domain.events import JobEvent
from ...domain.facts.fact import AnnouncedFact, Fact
from ...domain.text import one_line
from ...ports import Ports

FACTS_LOG = "auto_retrain.facts"

_LOG = logging.getLogger(FACTS_LOG)


def record(fact: Fact, ports: Ports) -> None:
    """Write the fact to the log, as one line with its fields."""
    _LOG.info(one_line(fact.sentence), extra={"fact": {"fact_id": fact.fact_id, **fact.model_dump(mode="json")}})


def announce(fact: AnnouncedFact, ports: Ports) -> bool:
    """Record a fact and publish it on the event bus; if it is published again, its id is the same.

    The fact stands even if the bus refuses it, so a refusal is only logged. Returns false if publishing it again later
    may help.
    """
    record(fact, ports)
    event = JobEvent(
        event_id=fact.fact_id,
        kind=fact.event,
        job_id=fact.job_id,
        model_name=fact.model_name,
        text=one_line(fact.sentence)[: fact.max_text],
        at=fact.at,
    )
    try:
        ports.events.publish(event)
    except AutoRetrainError as error:
        _LOG.error("event %s was not published: %s", event.event_id, error)
        return not isinstance(error, TransientError)
    return True
