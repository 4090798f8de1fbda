"""What a policy would have done over time as SVG: the metric with its champions, and below it a mark for each decision.

The charts of several policies have the same axes, so that they can be compared.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import groupby
from typing import NamedTuple

from ..domain.back_test import BackTest
from ..domain.past_decision import Level, PastDecision
from .html import number, text

WIDTH, LEFT, TOP, HEIGHT, LANE = 300, 64, 18, 110, 18
_DAY = timedelta(days=1)
# Of the names of versions, which would otherwise lie over each other.
_MIN_APART = 26
_MAX_LETTERS = 6
_LANES: Mapping[str, str] = {"started": "started", "suppressed": "held back", "not_due": "not due"}


class Axes(NamedTuple):
    """Where a moment and a value of the metric are."""

    begin: datetime
    end: datetime
    lowest: float
    highest: float

    def x(self, at: datetime) -> float:
        within = min(max(at, self.begin), self.end)
        return LEFT + (within - self.begin) / (self.end - self.begin) * WIDTH

    def y(self, value: float) -> float:
        return TOP + (self.highest - value) / (self.highest - self.lowest) * HEIGHT


def past_charts(tests: Mapping[str, BackTest]) -> list[str]:
    """A chart for each policy, by its name; one that does not judge the metric is shown with what another one saw."""
    axes = _axes(list(tests.values()))
    levels = next((test.levels for test in tests.values() if test.levels), ())
    lanes = [name for name in _LANES if name == "started" or any(_of(name, test) for test in tests.values())]
    return [_chart(name, test, test.levels or levels, axes, lanes) for name, test in tests.items()]


def _axes(tests: Sequence[BackTest]) -> Axes:
    values = [level.value for test in tests for level in test.levels]
    values += [test.limit for test in tests if test.limit is not None]
    lowest, highest = (min(values), max(values)) if values else (0.0, 1.0)
    margin = (highest - lowest) / 20 or abs(highest) / 20 or 0.5
    begin, end = (datetime.combine(day, time(), UTC) for day in (tests[0].days.start, tests[0].days.end))
    return Axes(begin, end, lowest - margin, highest + margin)


def _chart(name: str, test: BackTest, levels: Sequence[Level], axes: Axes, lanes: Sequence[str]) -> str:
    whole, below = LEFT + WIDTH + 8, TOP + HEIGHT + LANE * len(lanes)
    marks = "".join(_lane(lane, TOP + HEIGHT + LANE * place, test, axes) for place, lane in enumerate(lanes))
    last = axes.end - _DAY
    return (
        f"<figure class=past><figcaption>{text(name)}</figcaption>"
        f"<svg viewBox='0 0 {whole} {below + 22}' role=img aria-label='{text(_in_words(name, test))}'>"
        f"<rect class=frame x={LEFT} y={TOP} width={WIDTH} height={HEIGHT} />"
        f"{''.join(_champions(test, axes))}{_limit(test, axes)}{''.join(_lines(levels, axes))}"
        f"{_scale(axes) if levels else ''}{marks}"
        f"<text x={LEFT} y={below + 16}>{axes.begin:%F}</text>"
        f"<text x={LEFT + WIDTH} y={below + 16} text-anchor=end>{last:%F}</text></svg></figure>"
    )


def _in_words(name: str, test: BackTest) -> str:
    limit = f", limit {number(test.limit)}" if test.limit is not None else ""
    held = len(_of("suppressed", test))
    return (
        f"{name}: {test.metric or 'metric'} over time{limit}; {len(test.champions)} champions; "
        f"{len(test.starts)} retrainings started, {held} held back"
    )


def _scale(axes: Axes) -> str:
    return "".join(
        f"<text x={LEFT - 4} y={axes.y(value) + 4:.0f} text-anchor=end>{number(value)}</text>"
        for value in (axes.lowest + (axes.highest - axes.lowest) * share for share in (0.05, 0.95))
    )


def _champions(test: BackTest, axes: Axes) -> Iterator[str]:
    named = 0.0
    for served in test.champions:
        x, began = axes.x(served.at), f"{served.at:%F %R}: version {served.version}, {served.change.replace('_', ' ')}"
        yield f"<line class=asked x1={x:.1f} y1={TOP} x2={x:.1f} y2={TOP + HEIGHT}><title>{text(began)}</title></line>"
        if x >= named:
            yield f"<text x={x:.1f} y={TOP - 5}>v{text(served.version[:_MAX_LETTERS])}</text>"
            named = x + _MIN_APART


def _limit(test: BackTest, axes: Axes) -> str:
    if test.limit is None:
        return ""
    y = axes.y(test.limit)
    said = text(f"limit {number(test.limit)}")
    return f"<line class=limit x1={LEFT} y1={y:.1f} x2={LEFT + WIDTH} y2={y:.1f}><title>{said}</title></line>"


def _lines(levels: Sequence[Level], axes: Axes) -> Iterator[str]:
    """A line for each run of days in a row: nothing is drawn where nothing is known."""
    for _, run in groupby(enumerate(levels), lambda numbered: numbered[1].day - numbered[0] * _DAY):
        noons = [(datetime.combine(level.day, time(12), UTC), level.value) for _, level in run]
        points = " ".join(f"{axes.x(noon):.1f},{axes.y(value):.1f}" for noon, value in noons)
        yield f"<polyline class=challenger points='{points}' />"


def _of(outcome: str, test: BackTest) -> list[PastDecision]:
    return [decision for decision in test.decisions if decision.outcome == outcome]


def _lane(outcome: str, top: float, test: BackTest, axes: Axes) -> str:
    marks = "".join(_mark(decision, axes.x(decision.at), top) for decision in _of(outcome, test))
    return f"<text x={LEFT - 8} y={top + 14} text-anchor=end>{_LANES[outcome]}</text>{marks}"


def _mark(decision: PastDecision, x: float, top: float) -> str:
    """A triangle where a retraining starts, hollow if later labels call it needless, and otherwise a short bar."""
    title = f"<title>{text(f'{decision.at:%F %R}: {said(decision)}: {decision.reason}')}</title>"
    if decision.outcome != "started":
        return f"<rect class='{decision.outcome}' x={x - 1:.1f} y={top + 6} width=2 height=9>{title}</rect>"
    corners = f"{x:.1f},{top + 4} {x - 5:.1f},{top + 15} {x + 5:.1f},{top + 15}"
    kind = "start needless" if decision.needed == "needless" else "start"
    return f"<polygon class='{kind}' points='{corners}'>{title}</polygon>"


def said(decision: PastDecision) -> str:
    """What was decided, in a few words."""
    return (decision.held_by or decision.outcome).replace("_", " ")
