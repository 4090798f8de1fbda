"""The page about policies that were tried on the past: what they come to side by side, and each decision's reason."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import itemgetter
from typing import TypeVar

from ..domain.back_test import CAVEAT, TRAINED_CAVEAT, BackTest, summary
from ..domain.cost import dollars
from ..domain.past_decision import PastDecision
from ..domain.trained_back_test import TrainedBackTest, shown_mean, trained_summary
from .html import document, paragraph, section, table, text
from .past_chart import past_charts, said

Tests = Mapping[str, BackTest]
When = TypeVar("When", date, datetime)
What = TypeVar("What")

_ABOUT_MARKS = (
    "The line is the metric over the evaluation window around each day, the dashed one across the limit. Dashed lines "
    "upright are changes of the champion. A triangle is a retraining that would have started; it is hollow if later "
    "labels call it needless. The tables below have the reason of each mark."
)


def render_back_test(tests: Tests, trained: Sequence[TrainedBackTest] = ()) -> str:
    """The page as HTML, with a column for each policy; the names are those that people gave them.

    If their trainings were carried out, the same tests are `trained`, in the same order.

    Raises:
        ValueError: there is no back-test to show.
    """
    if not tests:
        raise ValueError("tests: must hold at least one back-test")
    (first, *_) = tests.values()
    sections = [
        section("Side by side" if len(tests) > 1 else "In all", _summary(tests, trained)),
        section(
            "Metric, champions and decisions",
            f"<div class=row>{''.join(past_charts(tests))}</div>",
            paragraph(f"<span class=soft>{text(_ABOUT_MARKS)}</span>"),
        ),
        section("Retrainings", _starts(tests) or paragraph("None would have started.")),
        section("How they ended", _endings(tests, trained)),
        section("What started nothing", _others(tests)),
        section("Days beyond the limit", _beyond(tests)),
        section("What served", _tried(tests, trained) if trained else _served(tests)),
    ]
    return document(f"{first.model_name}: back-test", _head(tests, TRAINED_CAVEAT if trained else CAVEAT), *sections)


def _head(tests: Tests, caveat: str) -> str:
    (first, *_) = tests.values()
    counts = "; ".join(f"{name}: {_times(len(test.starts))}" for name, test in tests.items())
    return (
        f"<header><h1>{text(first.model_name)} <span class='badge'>back-test</span></h1>"
        f"<p class=soft>{text(first.days)}; {text(caveat)}; all times are UTC</p>"
        f"<p class=sentence>{text(counts)}</p></header>"
    )


def _times(count: int) -> str:
    return "1 retraining" if count == 1 else f"{count:,} retrainings"


def _summary(tests: Tests, trained: Sequence[TrainedBackTest]) -> str:
    rows = [*summary(tests), *(trained_summary(trained) if trained else ())]
    return table(("", *tests), ([text(cell) for cell in row] for row in rows))


def _starts(tests: Tests) -> str:
    found = _by_time((decision.at, name, decision) for name, test in tests.items() for decision in test.starts)
    rows = [
        (
            _whole(f"{at:%F %R}"),
            *_policy(name, tests),
            _trigger(decision),
            text((decision.ending or "-").replace("_", " ")),
            _later(decision),
            dollars(decision.usd) if decision.usd is not None else "-",
            text(decision.reason),
        )
        for at, name, decision in found
    ]
    headings = ("When", *_heading(tests), "Trigger", "Ended", "Later labels", "Cost", "Reason")
    return table(headings, rows, stacked=True) if rows else ""


def _others(tests: Tests) -> str:
    """Decisions in a row that were alike are one row, with the reason of the last one."""
    rows = _by_time((run[0].at, name, run) for name, test in tests.items() for run in _runs(test.decisions))
    cells = [
        (
            _whole(f"{run[0].at:%F}") + (f" to {_whole(f'{run[-1].at:%F}')}" if len(run) > 1 else ""),
            *_policy(name, tests),
            f"{len(run):,}",
            _trigger(run[0]),
            text(said(run[0])),
            text(run[-1].reason),
        )
        for _, name, run in rows
    ]
    headings = ("When", *_heading(tests), "Times", "Trigger", "Held by", "Last reason")
    return table(headings, cells, stacked=True) if cells else ""


def _by_time(rows: Iterable[tuple[When, str, What]]) -> list[tuple[When, str, What]]:
    """In order of time; what is at the same time stays in the order of the policies."""
    return sorted(rows, key=itemgetter(0))


def _runs(decisions: Sequence[PastDecision]) -> Iterator[list[PastDecision]]:
    for (outcome, _, _), run in groupby(decisions, lambda each: (each.outcome, each.held_by, each.trigger_type)):
        if outcome != "started":
            yield list(run)


def _beyond(tests: Tests) -> str:
    found = _by_time((each.first, name, each) for name, test in tests.items() for each in test.beyond)
    rows = [
        (
            f"{_whole(f'{each.first:%F}')} to {_whole(f'{each.last:%F}')}",
            *_policy(name, tests),
            f"{each.days:,}",
            f"{each.days_unanswered:,}",
            _whole(f"{each.answered:%F %R}") if each.answered else "none",
        )
        for _, name, each in found
    ]
    headings = ("Days", *_heading(tests), "How many", "Unanswered", "Answered")
    return table(headings, rows, stacked=True) if rows else ""


def _served(tests: Tests) -> str:
    """What served is the same for all policies, unless their retrainings were carried out."""
    (name, first), *_ = tests.items()
    apart = tests if any(test.champions != first.champions for test in tests.values()) else {name: first}
    found = _by_time((served.at, name, served) for name, test in apart.items() for served in test.champions)
    rows = [
        (f"{at:%F %R}", *_policy(name, apart), text(served.version), text(served.change.replace("_", " ")))
        for at, name, served in found
    ]
    headings = ("Since", *_heading(apart), "Version", "How")
    return table(headings, rows) if rows else paragraph("Nothing served that is recorded.")


def _endings(tests: Tests, trained: Sequence[TrainedBackTest]) -> str:
    """What became of each retraining that was carried out, and why."""
    found = _by_time((each.at, test.name, each) for test in trained for each in test.retrainings)
    rows = [
        (
            _whole(f"{at:%F %R}"),
            *_policy(name, tests),
            text(each.trigger_type.value.replace("_", " ")),
            text(each.ending.value.replace("_", " ")),
            text(each.version or "-"),
            text(each.reason),
        )
        for at, name, each in found
    ]
    headings = ("When", *_heading(tests), "Trigger", "Ended", "Version", "Reason")
    return table(headings, rows, stacked=True) if rows else ""


def _tried(tests: Tests, trained: Sequence[TrainedBackTest]) -> str:
    """The versions that served, for how many days and how well."""
    found = _by_time((each.since, test.name, (test, each)) for test in trained for each in test.champions)
    rows = []
    for since, name, (test, champion) in found:
        days, change = test.days_of(champion), champion.change.replace("_", " ")
        mean = f"{test.metric} {shown_mean(test.value_with(champion))}"
        rows.append((f"{since:%F %R}", *_policy(name, tests), text(champion.version), change, f"{len(days):,}", mean))
    headings = ("Since", *_heading(tests), "Version", "How", "Days", "Mean")
    sentences = (
        (test.name, sentence) for test in trained for sentence in (test.unserved, test.unmeasured, test.unknown_days)
    )
    below = (paragraph(text(f"{name}: {sentence}")) for name, sentence in sentences if sentence)
    return (table(headings, rows) if rows else "") + "".join(below)


def _later(decision: PastDecision) -> str:
    tones = {"confirmed": "met", "needless": "unmet", "unknown": "inconclusive"}
    return f"<span class={tones[decision.needed]}>{decision.needed}</span>" if decision.needed else "-"


def _whole(moment: str) -> str:
    """A day or a moment, which is not divided between lines."""
    return f"<span class=soft>{moment}</span>"


def _trigger(decision: PastDecision) -> str:
    return text(decision.trigger_type.value.replace("_", " "))


def _policy(name: str, tests: Tests) -> tuple[str, ...]:
    """The cell that names the policy; there is none if there is only one."""
    return (text(name),) if len(tests) > 1 else ()


def _heading(tests: Tests) -> tuple[str, ...]:
    return ("Policy",) if len(tests) > 1 else ()
