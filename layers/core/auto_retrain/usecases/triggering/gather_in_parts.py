"""Gathers evidence for many models so that one at fault, or many of them, costs no other model its turn."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
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


@dataclass
class _Source:
    """How a source did so far: whether it answered anything, what failed, and how long that took."""

    answered: bool = False
    failed: list[tuple[Part, Exception]] = field(default_factory=list)
    lost: timedelta = timedelta()

    @property
    def silence(self) -> TransientError | None:
        """What may pass of a source that has answered nobody."""
        errors = (error for _, error in self.failed if isinstance(error, TransientError))
        return None if self.answered else next(errors, None)


class Gathering:
    """Asks the sources of metrics about a fleet, some models at a time; `settle` counts what failed, at the end."""

    def __init__(self, at: datetime, ports: Ports) -> None:
        self._ask, self._clock = partial(gather_evidence, at=at, ports=ports), ports.clock
        self._sources: defaultdict[str, _Source] = defaultdict(_Source)

    def evidence(self, questions: Part, source: str) -> dict[str, Evidence]:
        """The evidence by model; models whose evidence cannot be gathered are left out.

        All are asked about together, and in ever smaller parts where that fails. A source that has used up its time
        without an answer to anybody is asked no more.
        """
        so_far, left = self._sources[source], SPLITTING_TIME - self._sources[source].lost
        if so_far.silence and left <= timedelta():
            so_far.failed.append((questions, so_far.silence))
            return {}
        began = self._clock.now()
        answered, failed = ask_in_parts(questions, self._ask, left, self._clock)
        so_far.answered = so_far.answered or bool(answered)
        so_far.failed += failed
        so_far.lost += self._clock.now() - began if failed else timedelta()
        return {question.policy.model: answer for question, answer in answered}

    def settle(self, losses: Losses) -> None:
        """Count what failed; a source that was silent to everybody once."""
        for name, source in self._sources.items():
            if source.silence:
                losses.add(name or "triggers", source.silence)
            else:
                _count(source.failed, losses)


def _count(failed: list[tuple[Part, Exception]], losses: Losses) -> None:
    for part, error in failed:
        if len(part) == 1:
            # The source answers the others, so even what usually passes is the fault of this question.
            losses.count(part[0].policy.model, error)
        else:
            losses.add(f"{part[0].policy.model} and {len(part) - 1} others", error)
