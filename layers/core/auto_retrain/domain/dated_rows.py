"""Rows of one table that no job reads: those of days to come, and those without a date."""

from collections.abc import Mapping
from datetime import date


def passed_over(column: str, days: Mapping[str | None, int], today: date) -> str | None:
    """How many rows that is, as a sentence; None without any. `days` has the rows of each YYYY-MM-DD and of none."""
    later = sum(rows for day, rows in days.items() if day is not None and day > today.isoformat())
    undated = days.get(None, 0)
    parts = []
    if later:
        parts.append(f"{later} are dated later than today ({today}), and are read only once their day is over")
    if undated:
        parts.append(f"{undated} have no date, and are never read")
    if not parts:
        return None
    return f"data.date_column = {column}: of {sum(days.values())} rows, {'; '.join(parts)}"
