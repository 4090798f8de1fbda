"""One measured number, its goal, and what it was compared with."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """`goal` is the largest acceptable value; `compared_with` names the alternative measured in the same run."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    compared_with: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def met(self) -> str:
        if self.goal is None:
            return ""
        return "yes" if self.value <= self.goal else "NO"


def render(figures: list[Figure]) -> str:
    """A table for people."""
    rows = [("figure", "value", "unit", "goal", "met", "compared with")]
    for figure in figures:
        goal = "" if figure.goal is None else f"{figure.goal:g}"
        rows.append((figure.name, f"{figure.value:.4g}", figure.unit, goal, figure.met, figure.compared_with or ""))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
