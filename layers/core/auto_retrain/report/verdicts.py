"""Verdicts of triggers and gates as a table."""

from collections.abc import Iterable

from ..domain.verdict import Verdict
from .html import table, text


def verdict_table(verdicts: Iterable[Verdict]) -> str:
    rows = [
        (
            f"<span class={verdict.outcome.value}>{verdict.outcome.value}</span>",
            text(verdict.check.replace("_", " ")),
            text(verdict.reason),
        )
        for verdict in verdicts
    ]
    return table(("Outcome", "Check", "Reason"), rows)
