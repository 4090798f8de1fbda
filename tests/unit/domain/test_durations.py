"""A length of time as people say it."""

from datetime import timedelta

import pytest

from auto_retrain.domain.durations import in_words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 minutes"),
        (1, "1 minute"),
        (60, "1 hour"),
        (10_085, "7 days and 5 minutes"),
        (1501, "1 day and 1 hour and 1 minute"),
    ],
)
def test_a_length_of_time_is_said_in_whole_units(minutes: int, words: str) -> None:
    assert in_words(timedelta(minutes=minutes)) == words
