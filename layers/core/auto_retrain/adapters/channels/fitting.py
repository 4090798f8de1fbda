"""Fits texts into what channels take, without cutting anything in silence."""

from collections.abc import Callable, Sequence

# How many lines of a list are shown; the others are counted.
MAX_LINES = 45
_BULLET = "• "


def shortened(text: str, limit: int) -> str:
    """The text, or its beginning with a mark that something is missing."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def listed(lines: Sequence[str], limit: int, fit: Callable[[str, int], str] = shortened) -> list[str]:
    """The first lines as a list, and how many more there are; with their line breaks at most `limit` characters."""
    shown = lines[:MAX_LINES]
    if not shown:
        return []
    more = [f"and {len(lines) - len(shown)} more"] if len(lines) > len(shown) else []
    each = (limit - sum(len(line) + 1 for line in more)) // len(shown) - len(_BULLET) - 1
    return [*(f"{_BULLET}{fit(line, each)}" for line in shown), *more]
