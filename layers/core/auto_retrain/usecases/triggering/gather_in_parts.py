"""Gathers evidence for many models so that one at fault, or many of them, costs no other model its turn."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from ...domain.errors import TransientError
from ...ports import Ports
from ...triggers.base import Evidence
from ..in_parts import ask_in_parts
from ..isolation import Losses
from .gather_evidence import Question, gather_evidence

# A source that hangs with each question must leave time for the others, and for what follows.
SPLITTING_TIME = timedelta(minutes=2)

Part = Sequence[Question]


def gather_in_parts(questions: Part, source: str, at: datetime, losses: Losses, ports: Ports) -> dict[str, Evidence]:
    """The evidence by model; models whose evidence cannot be gathered are left out and counted.

    All are asked about together, and in ever smaller parts where that fails.
    """
    gather = partial(gather_evidence, at=at, ports=ports)
    answered, failed = ask_in_parts(questions, gather, SPLITTING_TIME, ports.clock)
    evidence = {question.policy.model: answer for question, answer in answered}
    silence = None if evidence else _may_pass(failed)
    if silence:
        # A source that is silent to everybody is counted once.
        losses.add(source or "triggers", silence)
    else:
        _count(failed, losses)
    return evidence


def _may_pass(failed: list[tuple[Part, Exception]]) -> TransientError | None:
    return next((error for _, error in failed if isinstance(error, TransientError)), None)


def _count(failed: list[tuple[Part, Exception]], losses: Losses) -> None:
    for part, error in failed:
        if len(part) == 1:
            # The source answers the others, so even what usually passes is the fault of this question.
            losses.count(part[0].policy.model, error)
        else:
            losses.add(f"{part[0].policy.model} and {len(part) - 1} others", error)
