"""The answers of whole days by score, version by version, and the reading of a window from them."""

from collections.abc import Mapping
from datetime import date
from typing import Self

from .base import Record
from .digest import canonical_json, sha256_of
from .holdout_profile import HoldoutProfile, ScoreCounts, sum_of
from .metric_reading import MetricQuery, MetricReading
from .windows import utc_days

# The window and those that labels check, of at most 30 days each.
MAX_DAYS = 400
MAX_PROFILE_BYTES = 1 << 20


class ScoredDay(Record):
    """The answers of a UTC day, or why they could not be counted; `files` stands for names and contents of its files.

    It is `settled` once its rows are due.
    """

    day: date
    files: str
    counts: ScoreCounts = ScoreCounts()
    problem: str | None = None
    settled: bool = False

    @property
    def is_final(self) -> bool:
        """Whether what is written later does not count any more; an empty day may be written when a log is repaired."""
        return self.settled and self.counts.answered > 0


class ScoredDays(Record):
    """All counted days of one version, for as long as it has the same holdout profile."""

    schema_version: int = 1
    days: tuple[ScoredDay, ...] = ()

    def with_days(self, days: Mapping[date, ScoredDay]) -> Self:
        """With some days in the place of what was known of them; the oldest are forgotten."""
        known = {each.day: each for each in self.days} | dict(days)
        return self.changed(days=tuple(known[day] for day in sorted(known)[-MAX_DAYS:]))


def profile_key(model_name: str, version: str) -> str:
    """Where the holdout profile of a version is kept among the artifacts."""
    return f"quality/{model_name}/holdout-{version}.json"


def scored_days_key(profile: HoldoutProfile, prefix: str) -> str:
    """Where the counted days of a version are kept: elsewhere if they are counted in other groups."""
    digest = sha256_of(canonical_json(profile) + prefix.encode())[:16]
    return f"quality/{profile.model_name}/scores-{profile.version}-{digest}.json"


def read_scores(query: MetricQuery, profile: HoldoutProfile, known: Mapping[date, ScoredDay]) -> MetricReading:
    """The scores of the days that end in the window; one that is not known, or is broken, is a problem.

    The profile comes with scores that are asked for alone: what a decision is judged on is kept, and it is large.
    """
    days = utc_days(query.start, query.end)
    missing = [day for day in days if day not in known]
    if missing:
        problem = f"{len(missing)} of {len(days)} days of the prediction log are not counted yet"
        return MetricReading(value=None, problem=problem)
    broken = next((known[day] for day in days if known[day].problem), None)
    if broken:
        return MetricReading(value=None, problem=f"the prediction log of {broken.day}: {broken.problem}")
    counts = sum_of([known[day].counts for day in days])
    if query.asks != "scores":
        return MetricReading(value=None, points=len(days), scores=counts)
    answered = tuple(number for number, day in enumerate(days) if known[day].counts.answered)
    return MetricReading(value=None, points=len(days), scores=counts, day_numbers=answered, profile=profile)
