"""One month of the demo's year, as the table and the summary show it."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """What happened in a month; accuracies are of the evaluation window, the interval is two-sided 95 %."""

    month: str
    champion_accuracy: float | None
    triggered: str | None
    decision: str
    reason: str
    challenger_accuracy: float | None = None
    improvement: float | None = None
    interval: tuple[float, float] | None = None
    holdout_rows: int | None = None
    execution_arn: str | None = None
    job_id: str | None = None
    transitions: int | None = None
    model_version: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def render(rows: list[Row]) -> str:
    """The table at the end of the demo, of at most 80 columns; the summary has the reasons."""
    head = ("month", "accuracy", "trigger", "gain [95 %]", "decision")
    cells = [head, *map(_cells, rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def _cells(row: Row) -> tuple[str, ...]:
    return row.month, _accuracy(row), row.triggered or "-", _gain(row), row.decision


def _accuracy(row: Row) -> str:
    """The champion's and, if there is one, the challenger's."""
    known = "-" if row.champion_accuracy is None else f"{row.champion_accuracy:.4f}"
    return known if row.challenger_accuracy is None else f"{known} → {row.challenger_accuracy:.4f}"


def _gain(row: Row) -> str:
    if row.improvement is None or row.interval is None:
        return "-"
    low, high = (100 * end for end in row.interval)
    return f"{row.improvement:+.1%} [{low:.1f}, {high:.1f}]"
