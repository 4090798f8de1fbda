"""The days of the past that a policy is tried on, as people name them."""

from datetime import date, datetime, timedelta

from .errors import EventInvalid
from .policy.triggers import MAX_BACK_TEST_DAYS
from .windows import Window

_DAY = timedelta(days=1)


def past_days(since: date, until: date | None, today: date, names: tuple[str, str] = ("since", "until")) -> Window:
    """The days from `since` to `until`, which is yesterday if it is None.

    Raises:
        EventInvalid: they are no dates, not in the past, in the wrong order, or too many; it calls them by the `names`.
    """
    first, end = names
    for name, day in ((first, since), (end, until)):
        _check_type(name, day)
    last = until or today - _DAY
    if last >= today:
        raise EventInvalid(f"{end} {last}: must be before today, {today}; leave it out to mean yesterday")
    if since > last:
        raise EventInvalid(f"{first} {since}: must not be after {end}, {last}")
    if (last - since).days >= MAX_BACK_TEST_DAYS:
        raise EventInvalid(f"{first} {since}: at most {MAX_BACK_TEST_DAYS} days until {end}, {last}, are allowed")
    return Window(start=since, end=last + _DAY)


def _check_type(name: str, day: object) -> None:
    # A notebook has no type checker, and a moment compares with no day.
    if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
        raise EventInvalid(f"{name} {day!r}: must be a datetime.date, such as date(2026, 1, 31)")
