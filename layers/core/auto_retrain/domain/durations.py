"""Lengths of time in words for people."""

from datetime import timedelta


def in_words(duration: timedelta) -> str:
    """In the largest unit of which it is a whole number, from minutes to days."""
    minutes = round(duration.total_seconds() / 60)
    length, unit = next(pair for pair in ((1440, "day"), (60, "hour"), (1, "minute")) if minutes % pair[0] == 0)
    number = minutes // length
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
