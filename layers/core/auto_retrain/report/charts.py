"""Curves as SVG, drawn in the colours of the page."""

from collections.abc import Sequence

from ..domain.curves import Points
from .html import text

SIZE, MARGIN = 240, 34
_CLASSES = ("challenger", "champion")


def chart(title: str, across: str, up: str, curves: Sequence[Points], *, diagonal: bool, dots: bool = False) -> str:
    """One chart with both axes from 0 to 1; the first curve is the challenger's, the second the champion's."""
    drawn = "".join(
        _curve(points, name, dots) for points, name in zip(curves, _CLASSES, strict=False) if len(points) > 0
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


def _curve(points: Points, name: str, dots: bool) -> str:
    placed = [(MARGIN + x * SIZE, MARGIN + (1 - y) * SIZE) for x, y in points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    marks = "".join(f"<circle class={name} cx={x:.1f} cy={y:.1f} r=3 />" for x, y in placed) if dots else ""
    return f"<polyline class={name} points='{path}' />{marks}"
