"""Values over time as SVG, drawn in the colours of the page."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from .html import number, text

WIDTH, HEIGHT, LEFT, BELOW = 520, 120, 56, 22

Series = Sequence[tuple[datetime, float]]


def over_time(title: str, series: Series, *, steps: bool = False) -> str:
    """One line over time, from 0 or its smallest value to its largest; with `steps` a value holds until the next."""
    if not series:
        return ""
    lowest = min(0.0, *(value for _, value in series))
    highest = max(0.0, *(value for _, value in series)) or 1.0
    began, ended = series[0][0], series[-1][0]
    span = (ended - began).total_seconds() or 1.0

    def x(at: datetime) -> float:
        return LEFT + (at - began).total_seconds() / span * WIDTH

    def y(value: float) -> float:
        return 8 + (highest - value) / (highest - lowest) * HEIGHT

    drawn = _as_steps(series) if steps else series
    points = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in drawn)
    return (
        f"<figure class=long><svg viewBox='0 0 {LEFT + WIDTH + 8} {HEIGHT + BELOW + 10}' role=img "
        f"aria-label='{text(title)}'><rect class=frame x={LEFT} y=8 width={WIDTH} height={HEIGHT} />"
        f"<polyline class=challenger points='{points}' />"
        f"<text x={LEFT - 4} y=18 text-anchor=end>{_tick(highest)}</text>"
        f"<text x={LEFT - 4} y={HEIGHT + 8} text-anchor=end>{_tick(lowest)}</text>"
        f"<text x={LEFT} y={HEIGHT + BELOW + 4}>{began:%F %R}</text>"
        f"<text x={LEFT + WIDTH} y={HEIGHT + BELOW + 4} text-anchor=end>{ended:%F %R}</text>"
        f"</svg><figcaption>{text(title)}</figcaption></figure>"
    )


def _tick(value: float) -> str:
    return f"{value:.0f}" if value.is_integer() and abs(value) < 1e6 else number(value)


def _as_steps(series: Series) -> Series:
    """With a corner where each value ends."""
    corners = [((at, before), (at, after)) for (_, before), (at, after) in pairwise(series)]
    return [series[0], *(point for corner in corners for point in corner)]
