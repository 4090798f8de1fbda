"""Gathers the evidence for triggers, of one model or of the whole fleet; judges nothing."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from ...domain.drift import DriftEvidence
from ...domain.metric_reading import MetricQuery
from ...domain.model_state import ModelState
from ...domain.policy.policy import Policy
from ...domain.trigger_type import TriggerType
from ...ports import Ports
from ...triggers.base import Evidence, Trigger

ReadData = Callable[[Policy, datetime, Ports], DriftEvidence]


class Question(NamedTuple):
    """A model, and the triggers to judge for it."""

    policy: Policy
    state: ModelState
    triggers: Sequence[Trigger]


def gather_evidence(
    questions: Sequence[Question], at: datetime, ports: Ports, read_data: ReadData | None = None
) -> list[Evidence]:
    """The evidence for each question, in order; the metrics of all models are read together, in a few calls.

    `read_data` reads a model's data for triggers that need them. It is a parameter because most functions have neither
    the packages nor the permissions for it; without it such triggers are inconclusive.

    Raises:
        TransientError: a source could not be reached, or an object changed while it was read.
    """
    asked = [_queries(question, at) for question in questions]
    queries = [query for of_model in asked for of_trigger in of_model.values() for query in of_trigger]
    answers = iter(ports.metrics.read(queries) if queries else [])
    evidence = []
    for question, of_model in zip(questions, asked, strict=True):
        readings = {kind: tuple(islice(answers, len(of_trigger))) for kind, of_trigger in of_model.items()}
        wants_data = any(trigger.reads_data for trigger in question.triggers)
        drift = read_data(question.policy, at, ports) if read_data and wants_data else None
        evidence.append(Evidence(question.state, readings, drift))
    return evidence


def _queries(question: Question, at: datetime) -> dict[TriggerType, tuple[MetricQuery, ...]]:
    return {trigger.kind: trigger.queries(question.policy, question.state, at) for trigger in question.triggers}
