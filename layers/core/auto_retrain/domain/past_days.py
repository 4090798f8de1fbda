"""The days of the past that a policy is tried on, as people name them."""

from datetime import date, datetime, time, timedelta

from .base import check_calendar
from .errors import EventInvalid
from .policy.triggers import MAX_BACK_TEST_DAYS
from .windows import Window

_DAY = timedelta(days=1)


def past_days(since: date, until: date | None, today: date, names: tuple[str, str] = ("since", "until")) -> Window:
    """The days from `since` to `until`, which is yesterday if it is None.

    Raises:
        EventInvalid: they are no dates, far from today, not in the past, in the wrong order, or too many; it calls them
            by the `names`.
    """
    first, end = names
    for name, day in ((first, since), (end, until)):
        _check_day(name, day)
    last = until or today - _DAY
    if last >= today:
        raise EventInvalid(f"{end} {last}: must be before today, {today}; leave it out to mean yesterday")
    if since > last:
        raise EventInvalid(f"{first} {since}: must not be after {end}, {last}")
    if (last - since).days >= MAX_BACK_TEST_DAYS:
        raise EventInvalid(f"{first} {since}: at most {MAX_BACK_TEST_DAYS} days until {end}, {last}, are allowed")
    return Window(start=since, end=last + _DAY)


def _check_day(name: str, day: object) -> None:
    if day is None:
        return
    # A notebook has no type checker, and a moment compares with no day.
    if not isinstance(day, date) or isinstance(day, datetime):
        raise EventInvalid(f"{name} {day!r}: must be a datetime.date, such as date(2026, 1, 31)")
    try:
        check_calendar(datetime.combine(day, time()))
    except ValueError as error:
        raise EventInvalid(f"{name} {day}: {error}") from error
