"""Metrics of challenger and champion as dots with whiskers, and as lines what the gates ask for."""

from collections.abc import Iterator
from typing import NamedTuple

from ..domain.comparison import MetricResult
from ..domain.validation import ValidationResult
from ..domain.verdict import Verdict
from .html import number, text

WIDTH, LEFT, RIGHT, AXIS = 320, 76, 308, 58
_FLOORS = {"accuracy_floor": "accuracy", "r2_floor": "r2"}
_GUARDRAIL, _IMPROVEMENT = "guardrail_", "min_improvement"


class Line(NamedTuple):
    """A value that a gate asks for."""

    name: str
    value: float


def intervals_of(result: ValidationResult) -> str:
    """A chart for each metric that a gate judges by itself, the one that decides first."""
    lines = {name: list(_lines(name, metric, result)) for name, metric in result.metrics.items()}
    names = sorted((name for name in lines if lines[name] or name == result.primary), key=lambda n: n != result.primary)
    charts = "".join(_chart(name, result.metrics[name], lines[name]) for name in names)
    return f"<div class=row>{charts}</div>" if charts else ""


def _lines(name: str, metric: MetricResult, result: ValidationResult) -> Iterator[Line]:
    for verdict in result.verdicts:
        if _FLOORS.get(verdict.check) == name and verdict.limit is not None:
            yield Line("floor", verdict.limit)
        elif verdict.check == f"{_GUARDRAIL}{name}" or (verdict.check == _IMPROVEMENT and name == result.primary):
            yield from _needed(metric, verdict)


def _needed(metric: MetricResult, verdict: Verdict) -> Iterator[Line]:
    """Where the metric meets the limit of a gain, on whatever basis: all of them are proportional to the difference."""
    if metric.champion is None or verdict.limit is None or not verdict.value:
        return
    step = (metric.value - metric.champion) * verdict.limit / verdict.value
    yield Line("needed" if verdict.limit > 0 else "margin", metric.champion + step)


def _chart(name: str, metric: MetricResult, lines: list[Line]) -> str:
    arms = [("challenger", metric.value, metric.interval), ("champion", metric.champion, metric.champion_interval)]
    shown = [(arm, value, bounds or (value, value)) for arm, value, bounds in arms if value is not None]
    places = [place for _, value, bounds in shown for place in (value, *bounds)] + [line.value for line in lines]
    low, high = min(places), max(places)
    span = high - low or 1.0

    def x(value: float) -> str:
        return f"{LEFT + 10 + (value - low) / span * (RIGHT - LEFT - 20):.1f}"

    dots = "".join(
        _arm(arm, 20 + 20 * row, x(value), *map(x, bounds)) for row, (arm, value, bounds) in enumerate(shown)
    )
    asked = "".join(f"<line class=asked x1={x(line.value)} y1=8 x2={x(line.value)} y2={AXIS} />" for line in lines)
    words = "".join(f", {line.name} {number(line.value)}" for line in lines)
    said = "; ".join(f"{arm} {number(value)}, {number(low)} to {number(high)}" for arm, value, (low, high) in shown)
    return (
        f"<figure class=dots><svg viewBox='0 0 {WIDTH} 76' role=img aria-label='{text(f'{name}: {said}{words}')}'>"
        f"<line class=axis x1={LEFT} y1={AXIS} x2={RIGHT} y2={AXIS} />{asked}{dots}"
        f"<text x={x(low)} y={AXIS + 14} text-anchor=middle>{number(low)}</text>"
        f"<text x={x(high)} y={AXIS + 14} text-anchor=middle>{number(high)}</text>"
        f"</svg><figcaption>{text(name)}<span class=soft>{text(words)}</span></figcaption></figure>"
    )


def _arm(name: str, y: int, value: str, low: str, high: str) -> str:
    return (
        f"<text x={LEFT - 8} y={y + 4} text-anchor=end>{name}</text>"
        f"<line class={name} x1={low} y1={y} x2={high} y2={y} /><circle class={name} cx={value} cy={y} r=5></circle>"
    )
