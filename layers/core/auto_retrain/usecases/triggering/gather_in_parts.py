"""Gathers evidence for many models so that one at fault, or many of them, costs no other model its turn."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta

from ...domain.errors import TransientError
from ...ports import Ports
from ...triggers.base import Evidence
from ..isolation import Losses
from .gather_evidence import Question, gather_evidence

# A source that hangs with each question must leave time for the others, and for what follows.
SPLITTING_TIME = timedelta(minutes=2)

Part = Sequence[Question]


def gather_in_parts(questions: Part, source: str, at: datetime, losses: Losses, ports: Ports) -> dict[str, Evidence]:
    """The evidence by model; models whose evidence cannot be gathered are left out and counted.

    All are asked about together. A part that fails is asked again in two halves, the larger parts first, until those
    at fault stand alone: fewer calls than twice the number of models, whatever is wrong with however many of them.
    """
    until = ports.clock.now() + SPLITTING_TIME
    parts, evidence = deque([questions]), dict[str, Evidence]()
    failed: list[tuple[Part, Exception]] = []
    while parts:
        part = parts.popleft()
        try:
            answers = gather_evidence(part, at, ports)
        except Exception as error:
            if len(part) > 1 and ports.clock.now() < until:
                parts.extend((part[: len(part) // 2], part[len(part) // 2 :]))
            else:
                failed.append((part, error))
        else:
            evidence.update(zip((question.policy.model for question in part), answers, strict=True))
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
