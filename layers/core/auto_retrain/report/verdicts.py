"""Verdicts of triggers and gates as a table."""

from collections.abc import Iterable

from ..domain.verdict import Verdict
from .html import table, text


def verdict_table(verdicts: Iterable[Verdict]) -> str:
    rows = [
        (
            f"<span class={verdict.outcome.value}>{verdict.outcome.value}</span>{_note(verdict)}",
            text(verdict.check.replace("_", " ")),
            text(verdict.reason),
        )
        for verdict in verdicts
    ]
    return table(("Outcome", "Check", "Reason"), rows, stacked=True)


def _note(verdict: Verdict) -> str:
    return " <span class=soft>(only observed)</span>" if verdict.observed_only else ""
