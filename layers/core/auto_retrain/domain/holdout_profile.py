"""What a version's scores meant on its labelled holdout, and how many logged answers had such scores later."""

from typing import Literal

from pydantic import Field

from .base import Record
from .windows import Window

# What a score is the probability of: the positive class, or the answer itself. A regression's answers are its scores.
ScoreKind = Literal["positive", "answer", "number"]
# Below, neither the holdout nor a window of the log says enough.
MIN_SCORED_ROWS = 300


class GroupLosses(Record):
    """The mean and the variance of a loss in each group."""

    means: tuple[float, ...]
    variances: tuple[float, ...]


class HoldoutProfile(Record):
    """The rows of a version's holdout in groups with similar scores, in the order of the scores.

    `edges` say where groups begin, the first left out. `spans` are the least and greatest score by answer: first of
    the rows that were not answered with the positive class, then of those that were; there is one if `kind` is another
    one. `rows` are counted by group, and `design_effect` says how many of them tell as much as one independent row.
    `chances` are how likely it is that what a score says is true; `error` is their calibration error, and `raw_error`
    that of the scores themselves. `losses` are a regression's, by the metric that is their mean or its root.
    `problem` says why nothing can be estimated from it.
    """

    schema_version: int = 1
    model_name: str
    version: str
    window: Window | None
    kind: ScoreKind
    positive: str | None = None
    edges: tuple[float, ...] = ()
    spans: tuple[tuple[float, float] | None, ...] = ()
    rows: tuple[int, ...] = ()
    design_effect: float = 1.0
    chances: tuple[float, ...] = ()
    is_fitted: bool = False
    error: float | None = None
    raw_error: float | None = None
    losses: dict[Literal["mae", "rmse"], GroupLosses] = Field(default_factory=dict)
    problem: str | None = None


class ScoreCounts(Record):
    """Logged answers of one version, by answer and group, in the groups and the order of its holdout profile.

    `answered` are those without an error. Those `without_score` have none that can be one, and are in no group; those
    `outside` have a score that no row of the holdout with the same answer had, and are in the nearest group.
    `independent` is how many rows tell as much as those in groups.
    """

    answered: int = 0
    without_score: int = 0
    outside: int = 0
    independent: float = 0.0
    groups: tuple[tuple[int, ...], ...] = ()

    @property
    def scored(self) -> int:
        return self.answered - self.without_score


def sum_of(parts: list[ScoreCounts]) -> ScoreCounts:
    """The answers of several days."""
    filled = [part.groups for part in parts if part.groups]
    return ScoreCounts(
        answered=sum(part.answered for part in parts),
        without_score=sum(part.without_score for part in parts),
        outside=sum(part.outside for part in parts),
        independent=sum(part.independent for part in parts),
        groups=tuple(tuple(map(sum, zip(*of_answer, strict=True))) for of_answer in zip(*filled, strict=True)),
    )
