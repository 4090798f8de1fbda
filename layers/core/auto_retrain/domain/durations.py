"""Lengths of time in words for people."""

from datetime import timedelta

_UNITS = (("day", 1440), ("hour", 60), ("minute", 1))


def in_words(duration: timedelta) -> str:
    """In whole minutes, such as '7 days and 5 minutes'."""
    rest, words = round(duration.total_seconds() / 60), []
    for unit, length in _UNITS:
        number, rest = divmod(rest, length)
        if number:
            words.append(f"{number} {unit}" if number == 1 else f"{number} {unit}s")
    return " and ".join(words) or "0 minutes"
