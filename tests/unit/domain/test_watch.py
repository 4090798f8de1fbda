"""Reminders about a champion that failed: ever less often but daily at least, until somebody says that they know."""

from datetime import timedelta
from itertools import pairwise

from auto_retrain.domain.watch import Alert
from tests.unit.builders import NOON

HOUR = timedelta(hours=1)


def an_alert() -> Alert:
    return Alert(version="2", job_id="churn-1", reason="it got worse", at=NOON)


def test_over_months_people_are_reminded_ever_less_often_but_daily_and_never_given_up() -> None:
    alert, told = an_alert(), []
    for hour in range(90 * 24):
        if alert.is_due(NOON + hour * HOUR):
            alert = alert.reminded(NOON + hour * HOUR)
            told.append(hour)
    waits = [later - earlier for earlier, later in pairwise(told)]
    assert waits[:5] == [1, 2, 4, 8, 16]
    assert set(waits[5:]) == {24}


def test_the_first_acknowledgement_stays_and_ends_the_reminders() -> None:
    known = an_alert().reminded(NOON).acknowledged_by("ada", "I look into it", NOON)
    assert known.acknowledged_by("bob", None, NOON + HOUR) == known
    assert not known.is_due(NOON + 365 * 24 * HOUR)
    assert known.next_reminder is None
    assert not known.is_over
    assert known.changed(settled=True).is_over


def test_a_time_from_the_future_does_not_silence_the_reminders() -> None:
    alert = an_alert().reminded(NOON + 400 * 24 * HOUR)
    assert alert.is_due(NOON)
    alert = alert.reminded(NOON)
    assert not alert.is_due(NOON + HOUR)
    assert alert.is_due(NOON + 2 * HOUR)
