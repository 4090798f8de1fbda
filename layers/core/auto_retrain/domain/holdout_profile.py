"""What a version's scores meant on its labelled holdout, and how many logged answers had such scores later."""

from collections import Counter
from typing import Literal

from pydantic import Field

from .base import Record
from .windows import Window

# What a score is the probability of: the positive class, or the answer itself. A regression's answers are its scores.
ScoreKind = Literal["positive", "answer", "number"]
# Below, neither the holdout nor a window of the log says enough.
MIN_SCORED_ROWS = 300
# What four digits leave of a score (half a unit of the last one, and a little more), and floats of 32 bits of numbers.
ROUNDING = 6e-5
# More classes are not named in a profile, which travels with the evidence for a decision.
MAX_NAMED_CLASSES = 200
# Of a day: what is kept is small, and that they come back is seen in a few.
MAX_ENTITIES = 50


class GroupLosses(Record):
    """The mean and the variance of a loss in each group, and the greatest of all."""

    means: tuple[float, ...]
    variances: tuple[float, ...]
    greatest: float


class AnswerScores(Record):
    """The rows of the holdout with one answer, in canonical text, and the least and greatest of their scores.

    Both are as far apart as they may be in a log that writes scores with fewer digits. Without an `answer` it is about
    all rows; without `rows` no score was seen.
    """

    answer: str | None = None
    rows: int
    least: float = 0.0
    greatest: float = 0.0


class HoldoutProfile(Record):
    """The rows of a version's holdout in groups with similar scores, in the order of the scores.

    `classes` are those that the version knows, in canonical text, if there are at most 200. `edges` say where groups
    begin, the first left out. `answers` are the negative and the positive class if `kind` is
    positive, otherwise one for all rows. Where a threshold parts the answers, those with the positive class are the
    groups from `border` on. `rows` are counted by group, and `design_effect` says how many of them tell as much as one
    independent row. `chances` are how likely it is that what a score says is true; `error` is the calibration error of
    the scores themselves. `losses` are a regression's, by the metric that is their mean or its root. `problem` says why
    nothing can be estimated from it.
    """

    schema_version: Literal[2] = 2
    model_name: str
    version: str
    window: Window | None
    kind: ScoreKind
    classes: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()
    answers: tuple[AnswerScores, ...] = ()
    border: int | None = None
    rows: tuple[int, ...] = ()
    design_effect: float = 1.0
    chances: tuple[float, ...] = ()
    error: float | None = None
    losses: dict[Literal["mae", "rmse"], GroupLosses] = Field(default_factory=dict)
    problem: str | None = None

    @property
    def place_of(self) -> dict[str | None, int]:
        """The place of each class among the `answers`: there is one for all classes if it does not part two."""
        if self.kind == "positive":
            return {known.answer: place for place, known in enumerate(self.answers)}
        return dict.fromkeys(self.classes, 0)


class ScoreCounts(Record):
    """Logged answers of one version, by answer and group, in the answers and groups of its holdout profile.

    `answered` are those without an error. Of those, `of_other_classes` have an answer that is none of the classes, and
    `without_score` no score that can be one; neither is in a group. Those `outside`, by answer, have a score
    that no row of the holdout with the same answer had, and are in the nearest group. `independent` is how many rows
    tell as much as those in groups, of which some are `without_entity`. `entities` are those of a day with the smallest
    hashes, and their rows: on any two days the same ones, if they come back.
    """

    answered: int = 0
    of_other_classes: int = 0
    without_score: int = 0
    outside: tuple[int, ...] = ()
    independent: float = 0.0
    without_entity: int = 0
    entities: tuple[tuple[int, int], ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()

    @property
    def scored(self) -> int:
        return self.answered - self.of_other_classes - self.without_score


def sum_of(parts: list[ScoreCounts]) -> ScoreCounts:
    """The answers of several days."""
    filled = [part for part in parts if part.groups]
    return ScoreCounts(
        answered=sum(part.answered for part in parts),
        of_other_classes=sum(part.of_other_classes for part in parts),
        without_score=sum(part.without_score for part in parts),
        outside=tuple(map(sum, zip(*(part.outside for part in filled), strict=True))),
        independent=_independent([part for part in parts if part.scored]),
        without_entity=sum(part.without_entity for part in parts),
        groups=tuple(
            tuple(map(sum, zip(*of_answer, strict=True)))
            for of_answer in zip(*(part.groups for part in filled), strict=True)
        ),
    )


def _independent(days: list[ScoreCounts]) -> float:
    """How many rows tell as much as those of several days, as if all of an entity were alike.

    (sum of sizes)² / (sum of their squares), where one without an entity is one by itself. Source: L. Kish, "Survey
    Sampling" (1965).
    """
    if not days:
        return 0.0
    rows, alone = sum(day.scored for day in days), sum(day.without_entity for day in days)
    within_days = sum(day.scored**2 / day.independent for day in days) - alone
    return rows**2 / (alone + within_days * _growth(days))


def _growth(days: list[ScoreCounts]) -> float:
    """By how much the squares of the sizes of entities are larger over all days than if nobody came back."""
    # Up to the last one of the day that has the least range, each day has all that came.
    last = min((day.entities[-1][0] for day in days if len(day.entities) == MAX_ENTITIES), default=None)
    sizes, of_days = Counter[int](), 0
    for entity, rows in (each for day in days for each in day.entities):
        if last is None or entity <= last:
            sizes[entity] += rows
            of_days += rows**2
    return sum(rows**2 for rows in sizes.values()) / of_days if of_days else 1.0
