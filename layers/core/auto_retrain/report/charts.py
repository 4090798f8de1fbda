"""Curves as SVG, drawn in the colours of the page."""

from collections.abc import Sequence
from math import sqrt

from ..domain.curves import Points
from .html import text

SIZE, MARGIN, MAX_RADIUS = 240, 34, 7
_CLASSES = ("challenger", "champion")


Rows = Sequence[int]


def chart(
    title: str, across: str, up: str, curves: Sequence[Points], *, diagonal: bool, rows: Sequence[Rows] = ((), ())
) -> str:
    """One chart with both axes from 0 to 1; the first curve is the challenger's, the second the champion's.

    With the `rows` behind each point, these are dots whose areas are proportional to them.
    """
    drawn = "".join(
        _curve(points, name, of_points)
        for points, name, of_points in zip(curves, _CLASSES, rows, strict=True)
        if len(points) > 0
    )
    if not drawn:
        return ""
    whole, end = SIZE + 2 * MARGIN, MARGIN + SIZE
    line = f"<line class=chance x1={MARGIN} y1={end} x2={end} y2={MARGIN} />" if diagonal else ""
    ticks = "".join(
        f"<text x={MARGIN + share * SIZE:.0f} y={end + 14} text-anchor=middle>{share:g}</text>"
        f"<text x={MARGIN - 4} y={end - share * SIZE + 4:.0f} text-anchor=end>{share:g}</text>"
        for share in (0, 0.5, 1)
    )
    return (
        f"<figure><svg viewBox='0 0 {whole} {whole}' role=img aria-label='{text(title)}'>"
        f"<rect class=frame x={MARGIN} y={MARGIN} width={SIZE} height={SIZE} />{line}{ticks}{drawn}"
        f"<text x={whole / 2:.0f} y={whole - 4} text-anchor=middle>{text(across)}</text>"
        f"<text transform='translate(10 {whole / 2:.0f}) rotate(-90)' text-anchor=middle>{text(up)}</text>"
        f"</svg><figcaption>{text(title)}</figcaption></figure>"
    )


def _curve(points: Points, name: str, rows: Rows) -> str:
    placed = [(MARGIN + x * SIZE, MARGIN + (1 - y) * SIZE) for x, y in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    # With no rows there are no dots.
    marks = "".join(
        f"<circle class={name} cx={x:.1f} cy={y:.1f} r={MAX_RADIUS * sqrt(count / max(rows)):.1f}>"
        f"<title>{count:,} rows</title></circle>"
        for (x, y), count in zip(placed, rows, strict=False)
    )
    return f"<polyline class={name} points='{path}' />{marks}"
