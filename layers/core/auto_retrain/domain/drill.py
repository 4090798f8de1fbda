"""Drills: a rollback is rehearsed, and what each step of it took is kept."""

from datetime import datetime, timedelta

from .base import Record, UtcTime


class DrillStep(Record):
    """One step of a drill: how long it took, and why a rollback would fail there, if it would."""

    name: str
    seconds: float
    problem: str | None = None


class Drill(Record):
    """A rehearsed rollback from one version to another; in a `live` one the requests really went there and back."""

    taken_back: str
    target: str
    live: bool
    actor: str
    at: UtcTime
    steps: tuple[DrillStep, ...]

    @property
    def seconds(self) -> float:
        """How long all steps took together."""
        return sum(step.seconds for step in self.steps)

    @property
    def problem(self) -> str | None:
        """Why a rollback would fail, if it would; the first reason."""
        return next((f"{step.name}: {step.problem}" for step in self.steps if step.problem), None)


def overdue(drill: Drill | None, max_age_days: int | None, at: datetime) -> str | None:
    """Why the rollback of a model should be drilled now, if its policy demands that."""
    if max_age_days is None:
        return None
    demanded = f"deployment.max_drill_age_days = {max_age_days} demands one"
    if drill is None:
        return f"its rollback has never been drilled, and {demanded}"
    if drill.problem:
        return f"the last drill of its rollback failed on {drill.at:%F} ({drill.problem}), and {demanded}"
    age = at - drill.at
    if age > timedelta(days=max_age_days):
        return f"the last drill of its rollback was {age.days} days ago, on {drill.at:%F}, and {demanded}"
    return None
