"""When a cron expression fires, in a model's own time zone."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from .names import spread_offset

_FIELDS = 5
_MINUTES_OF_A_DAY = 1440
_BEYOND_REPEATED_HOUR = timedelta(hours=2)


def check_cron(expression: str) -> str:
    """Return the expression, or raise ValueError saying what is wrong with it."""
    if len(expression.split()) != _FIELDS:
        raise ValueError("needs five fields: minute hour day-of-month month day-of-week, such as '0 0 * * 0'")
    try:
        # Computing the first moment also refuses dates that never come, such as 31 February.
        next(CronSim(expression, datetime(2000, 1, 1)))
    except (CronSimError, StopIteration) as error:
        raise ValueError(f"is not a cron expression, or never fires ({error})") from error
    return expression


def runs_between(expression: str, time_zone: str, after: datetime, until: datetime, limit: int = 100) -> int:
    """How often the expression fired after `after` and no later than `until`, counted up to a limit."""
    # Start a little earlier, because a start within an hour that the clock repeats is ambiguous.
    start = (after.astimezone(UTC) - _BEYOND_REPEATED_HOUR).astimezone(ZoneInfo(time_zone))
    runs = 0
    for moment in CronSim(expression, start):
        if moment.astimezone(UTC) > until or runs == limit:
            break
        runs += moment.astimezone(UTC) > after
    return runs


def last_due(expression: str, time_zone: str, at: datetime) -> datetime | None:
    """The last moment no later than `at` at which the expression fired; None if there was none in eight years."""
    # Iterating backwards from within an hour that the clock repeats misses moments, so start beyond it.
    start = (at.astimezone(UTC) + _BEYOND_REPEATED_HOUR).astimezone(ZoneInfo(time_zone))
    backwards = (moment.astimezone(UTC) for moment in CronSim(expression, start, reverse=True))
    return next((moment for moment in backwards if moment <= at), None)


def upcoming(expression: str, time_zone: str, after: datetime) -> Iterator[datetime]:
    """The moments after `after` at which the expression fires; ends when there is none within fifty years."""
    start = (after.astimezone(UTC) - _BEYOND_REPEATED_HOUR).astimezone(ZoneInfo(time_zone))
    forwards = (moment.astimezone(UTC) for moment in CronSim(expression, start))
    return (moment for moment in forwards if moment > after)


def daily_slot(model_name: str, at: datetime) -> datetime:
    """The model's last turn no later than `at`; each model has its own minute of the UTC day."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    slot = midnight + timedelta(minutes=spread_offset(model_name, "look", _MINUTES_OF_A_DAY))
    return slot if slot <= at else slot - timedelta(days=1)
