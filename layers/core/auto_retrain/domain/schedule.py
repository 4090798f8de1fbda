"""When a cron expression is due, in a model's own time zone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from .names import spread_offset

_FIELDS = 5
_MINUTES_OF_A_DAY = 1440
_BEYOND_REPEATED_HOUR = timedelta(hours=2)


def check_cron(expression: str) -> str:
    """Give back the expression, or raise ValueError saying what is wrong with it."""
    if len(expression.split()) != _FIELDS:
        raise ValueError("needs five fields: minute hour day-of-month month day-of-week, such as '0 0 * * 0'")
    try:
        # Asking for the first moment also refuses dates that never come, such as 31 February.
        next(CronSim(expression, datetime(2000, 1, 1)))
    except (CronSimError, StopIteration) as error:
        raise ValueError(f"is not a cron expression that ever fires ({error})") from error
    return expression


def runs_between(expression: str, time_zone: str, after: datetime, until: datetime, limit: int = 100) -> int:
    """How often the expression fired after one moment and not after another, counted up to a limit."""
    # From a little before, because a start inside an hour that the clock repeats is ambiguous.
    start = (after.astimezone(UTC) - _BEYOND_REPEATED_HOUR).astimezone(ZoneInfo(time_zone))
    runs = 0
    for moment in CronSim(expression, start):
        if moment.astimezone(UTC) > until or runs == limit:
            break
        runs += moment.astimezone(UTC) > after
    return runs


def last_due(expression: str, time_zone: str, at: datetime) -> datetime | None:
    """The latest moment, not after `at`, at which the expression fired; None if there was none in eight years."""
    # Inside an hour that the clock repeats, iterating backwards misses moments; hence from beyond it.
    start = (at.astimezone(UTC) + _BEYOND_REPEATED_HOUR).astimezone(ZoneInfo(time_zone))
    backwards = (moment.astimezone(UTC) for moment in CronSim(expression, start, reverse=True))
    return next((moment for moment in backwards if moment <= at), None)


def upcoming(expression: str, time_zone: str, after: datetime) -> Iterator[datetime]:
    """The moments after another at which the expression fires, for as long as there are any within fifty years."""
    start = (after.astimezone(UTC) - _BEYOND_REPEATED_HOUR).astimezone(ZoneInfo(time_zone))
    forwards = (moment.astimezone(UTC) for moment in CronSim(expression, start))
    return (moment for moment in forwards if moment > after)


def daily_slot(model_name: str, at: datetime) -> datetime:
    """The last moment, not after `at`, at which it was the model's turn; each has its own minute of the UTC day."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    slot = midnight + timedelta(minutes=spread_offset(model_name, "look", _MINUTES_OF_A_DAY))
    return slot if slot <= at else slot - timedelta(days=1)
