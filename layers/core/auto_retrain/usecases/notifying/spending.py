"""What the retrainings of some days cost, of each model and in all, and what those cost that changed nothing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pydantic import Field

from ...domain.base import Record
from ...domain.cost import dollars
from ...domain.ending import Ending

MAX_MODELS = 10


class Spending(Record):
    """US dollars, by the prices of when each retraining ended; `unknown` are retrainings of earlier releases.

    `models` are the dearest, the dearest first; `other_models` are the rest, with what they cost together.
    """

    total: float = 0.0
    changed_nothing: float = 0.0
    unknown: int = 0
    models: dict[str, float] = Field(default_factory=dict)
    other_models: int = 0
    others: float = 0.0

    @property
    def text(self) -> str:
        if not self.total:
            return ""
        bound = "at least " if self.unknown else ""
        return f"; they cost {bound}{dollars(self.total)}, of which {dollars(self.changed_nothing)} changed nothing"

    @property
    def lines(self) -> Iterator[str]:
        if not self.models:
            return
        rest = [f"{self.other_models} others {dollars(self.others)}"] if self.other_models else []
        yield f"Cost: {', '.join([*(f'{name} {dollars(usd)}' for name, usd in self.models.items()), *rest])}"


class Ended(NamedTuple):
    """How a job ended, and what it cost, if that is known; the rest of its record would fill the memory."""

    model_name: str
    ending: Ending
    usd: float | None


def spending_on(jobs: Sequence[Ended]) -> Spending:
    """The sum over jobs that have ended."""
    by_model: defaultdict[str, float] = defaultdict(float)
    for job in jobs:
        by_model[job.model_name] += job.usd or 0.0
    dearest = sorted(by_model.items(), key=lambda each: -each[1])
    first, rest = dearest[:MAX_MODELS], dearest[MAX_MODELS:]
    return Spending(
        total=_rounded(sum(by_model.values())),
        changed_nothing=_rounded(sum(job.usd or 0.0 for job in jobs if not job.ending.changed_something)),
        unknown=sum(job.usd is None for job in jobs),
        models={name: _rounded(usd) for name, usd in first if usd},
        other_models=len(rest),
        others=_rounded(sum(usd for _, usd in rest)),
    )


def _rounded(usd: float) -> float:
    """Without the noise of adding floats."""
    return round(usd, 6)
