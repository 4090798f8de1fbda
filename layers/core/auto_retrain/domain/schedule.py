"""When a cron expression fires, in a model's own time zone."""

from bisect import bisect_right, insort
from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from operator import itemgetter

from cronsim import CronSim, CronSimError

from .names import spread_offset
from .time_zones import time_zone as zone_of

_FIELDS = 5
_MINUTES_OF_A_DAY = 1440
_MINUTE = timedelta(minutes=1)
# A year of daily runs.
_MAX_REMEMBERED = 400
# In this century no clock was set back further, not even by its country's decision.
_MAX_SHIFT = timedelta(hours=4)


# Every policy that is read is checked again, and a fleet has few expressions.
@lru_cache(maxsize=1000)
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
    schedule, runs = _schedule_of(expression, time_zone), 0
    while runs < limit and (fires := schedule.around(after)[1]) and fires <= until:
        runs, after = runs + 1, fires
    return runs


def last_due(expression: str, time_zone: str, at: datetime) -> datetime | None:
    """The last moment no later than `at` at which the expression fired; None if there was none in eight years."""
    return _schedule_of(expression, time_zone).around(at)[0]


def next_due(expression: str, time_zone: str, after: datetime) -> datetime | None:
    """The first moment after `after` at which the expression fires; None if there is none within fifty years."""
    return _schedule_of(expression, time_zone).around(after)[1]


class _Schedule:
    """An expression in a time zone.

    From one run to the next one, the answers are the same. A sweep asks for many models at about one moment, and a
    back-test for all runs of a year, so they are remembered.
    """

    def __init__(self, expression: str, time_zone: str) -> None:
        self._expression, self._time_zone = expression, time_zone
        self._spans = list[tuple[datetime, datetime]]()

    def around(self, at: datetime) -> tuple[datetime | None, datetime | None]:
        """The last run no later than a moment, and the first one after it."""
        # Other threads may add spans meanwhile, so the one that is met is looked at for whether it is the right one.
        spans = self._spans
        place = bisect_right(spans, at, key=itemgetter(0))
        for run, following in spans[place - 1 : place]:
            if run <= at < following:
                return run, following
        last = _last_due(self._expression, self._time_zone, at)
        after = next(upcoming(self._expression, self._time_zone, at), None)
        if last and after:
            if len(spans) >= _MAX_REMEMBERED:
                self._spans = spans = []
            insort(spans, (last, after))
        return last, after


# A fleet has few expressions.
@lru_cache(maxsize=1000)
def _schedule_of(expression: str, time_zone: str) -> _Schedule:
    return _Schedule(expression, time_zone)


def _last_due(expression: str, time_zone: str, at: datetime) -> datetime | None:
    clock = _Clock(expression, time_zone)
    # Beyond what the clock shows now, if it showed more before it was set back.
    start = max(clock.shows(at), clock.shows(at - _MAX_SHIFT) + _MAX_SHIFT) + _MINUTE
    fired: list[datetime] = []
    for shown in CronSim(expression, start, reverse=True):
        moments = clock.moments(shown)
        fired += [moment for moment in moments if moment <= at]
        # Where the clock was set back, an earlier time was shown again later.
        if fired and len(moments) == 1:
            break
    return max(fired, default=None)


def upcoming(expression: str, time_zone: str, after: datetime) -> Iterator[datetime]:
    """The moments after `after` at which the expression fires; ends when there is none within fifty years."""
    clock = _Clock(expression, time_zone)
    # Before what the clock shows now, if it is about to be set back.
    start = min(clock.shows(after), clock.shows(after + _MAX_SHIFT) - _MAX_SHIFT) - _MINUTE
    last, again = after, deque[datetime]()
    for shown in CronSim(expression, start):
        moments = clock.moments(shown)
        while again and moments and again[0] <= moments[0]:
            yield (last := again.popleft())
        for moment in moments[:1]:
            if moment > last:
                yield (last := moment)
        again.extend(moment for moment in moments[1:] if moment > after)
    yield from again


class _Clock:
    """The clock on the wall of a time zone, and when an expression fires that is read off it.

    An expression for certain times of a day, such as `30 2 * * *`, fires once a day: at the first of two such times,
    and after the gap if the clock passes over it. One for every hour or minute fires whenever the clock shows it.
    """

    def __init__(self, expression: str, time_zone: str) -> None:
        minute, hour, *_ = expression.split()
        self._fires_daily = not minute.startswith("*") and not hour.startswith("*")
        self._zone = zone_of(time_zone)

    def shows(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone).replace(tzinfo=None, fold=0)

    def moments(self, shown: datetime) -> list[datetime]:
        """When the expression fires for a time that it names, in order."""
        moments = self._when(shown)
        if not self._fires_daily:
            return moments
        while not moments:
            shown += _MINUTE
            moments = self._when(shown)
        return moments[:1]

    def _when(self, shown: datetime) -> list[datetime]:
        """When the clock shows a time: twice after it was set back, never if it passed over it."""
        moments = {shown.replace(tzinfo=self._zone, fold=fold).astimezone(UTC) for fold in (0, 1)}
        return sorted(moment for moment in moments if self.shows(moment) == shown)


def daily_slot(model_name: str, at: datetime) -> datetime:
    """The model's last turn no later than `at`; each model has its own minute of the UTC day."""
    midnight = datetime.combine(at.astimezone(UTC).date(), time(), UTC)
    slot = midnight + timedelta(minutes=spread_offset(model_name, "look", _MINUTES_OF_A_DAY))
    return slot if slot <= at else slot - timedelta(days=1)
