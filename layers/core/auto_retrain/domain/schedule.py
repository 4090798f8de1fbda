"""When a cron expression is due, in a model's own time zone."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_FIELDS = 5
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


def last_due(expression: str, time_zone: str, at: datetime) -> datetime | None:
    """The latest moment, not after `at`, at which the expression fired; None if there was none in eight years."""
    # Inside an hour that the clock repeats, iterating backwards misses moments; hence from beyond it.
    start = (at.astimezone(UTC) + _BEYOND_REPEATED_HOUR).astimezone(ZoneInfo(time_zone))
    backwards = (moment.astimezone(UTC) for moment in CronSim(expression, start, reverse=True))
    return next((moment for moment in backwards if moment <= at), None)
