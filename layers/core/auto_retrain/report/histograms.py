"""Two windows in the same bins, as bars side by side, drawn in the colours of the page."""

from collections.abc import Mapping
from itertools import chain

from ..domain.data_check import FeatureBins
from .html import number, paragraph, text

WIDTH, HEIGHT = 240, 80


def histograms(bins: Mapping[str, FeatureBins], psi: Mapping[str, float], threshold: float | None = None) -> str:
    """A small histogram for each feature, as shares of the rows of each window."""
    charts = "".join(
        _histogram(feature, of_feature, psi.get(feature), threshold) for feature, of_feature in bins.items()
    )
    if not charts:
        return ""
    key = "<span class='key champion'>■ training</span> <span class='key challenger'>■ holdout</span>"
    about = "<span class=soft>shares of the rows in each bin; other and missing values are last</span>"
    return paragraph(f"{key} {about}") + f"<div class=row>{charts}</div>"


def _histogram(feature: str, bins: FeatureBins, psi: float | None, threshold: float | None) -> str:
    before, after = _shares(bins.training), _shares(bins.holdout)
    highest = max(chain(before, after), default=0.0) or 1.0
    step = WIDTH / max(len(before), 1)
    bars = "".join(
        _bar(name, place * step + side * step * 0.4 + 1, step * 0.4, share / highest * HEIGHT)
        for name, side, shares in (("champion", 0, before), ("challenger", 1, after))
        for place, share in enumerate(shares)
    )
    limit = "" if threshold is None else f", limit {threshold:g}"
    about = f"{feature}, PSI {number(psi)}{limit}, largest share {highest:.0%}"
    return (
        f"<figure class=bars><svg viewBox='0 0 {WIDTH} {HEIGHT + 4}' role=img aria-label='{text(about)}'>{bars}"
        f"<line class=axis x1=0 y1={HEIGHT + 2} x2={WIDTH} y2={HEIGHT + 2} /></svg>"
        f"<figcaption>{text(feature)} <span>PSI {number(psi)}{limit}</span></figcaption></figure>"
    )


def _shares(counts: tuple[int, ...]) -> list[float]:
    rows = sum(counts)
    return [count / rows if rows else 0.0 for count in counts]


def _bar(name: str, x: float, width: float, height: float) -> str:
    return f"<rect class={name} x={x:.1f} y={HEIGHT + 2 - height:.1f} width={width:.1f} height={height:.1f} />"
