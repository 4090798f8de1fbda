"""What a model's state remembers of attempts and breaches, and for how long."""

from datetime import timedelta

from auto_retrain.domain.model_state import MAX_ATTEMPTS, breaches_within, with_attempt, with_breach
from tests.unit.builders import NOON

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
TODAY = NOON.date()


def test_a_window_of_five_days_has_today_and_the_four_days_before() -> None:
    breaches = tuple(TODAY + days * DAY for days in (-5, -4, -1, 0, 1))
    assert breaches_within(breaches, TODAY, 5) == 3


def test_attempts_and_breaches_of_31_days_before_the_newest_are_forgotten() -> None:
    kept = NOON - 31 * DAY + SECOND
    assert with_attempt((NOON - 31 * DAY, kept), NOON) == (kept, NOON)
    assert with_attempt((NOON,), NOON - 31 * DAY) == (NOON,)
    assert with_breach((TODAY - 31 * DAY, TODAY - 30 * DAY), TODAY) == (TODAY - 30 * DAY, TODAY)
    assert with_breach((TODAY,), TODAY) == (TODAY,)


def test_of_very_many_attempts_the_newest_are_kept() -> None:
    attempts = tuple(NOON + number * SECOND for number in range(MAX_ATTEMPTS))
    assert with_attempt(attempts, NOON + DAY) == (*attempts[1:], NOON + DAY)
