"""Back-tests with something of everything, for their page."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from auto_retrain.domain.back_test import BackTest
from auto_retrain.domain.ending import Ending
from auto_retrain.domain.past_decision import BeyondLimit, Level, PastDecision, Served
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.domain.windows import Window
from auto_retrain.report import render_back_test

FIRST, DAY = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1)
DAYS = Window(start=date(2026, 1, 1), end=date(2026, 7, 1))


def a_decision(day: int, outcome: str = "started", **changes: Any) -> PastDecision:
    given = {"trigger_type": TriggerType.PERFORMANCE_DEGRADATION, "reason": f"accuracy is too low on day {day}"}
    return PastDecision(at=FIRST + day * DAY, outcome=outcome, **{**given, **changes})


def levels(limit: float = 0.92) -> tuple[tuple[Level, ...], tuple[BeyondLimit, ...]]:
    """A metric that falls until day 90, of which three days are not known, and is good again afterwards."""
    known = [number for number in range(181) if number not in (40, 41, 42)]
    values = {number: 0.95 - 0.0008 * number if number < 90 else 0.945 for number in known}
    days = {number: (FIRST + number * DAY).date() for number in known}
    low = [number for number in known if values[number] < limit]
    beyond = [BeyondLimit(first=days[low[0]], last=days[low[-1]], answered=FIRST + (low[0] + 4) * DAY)] if low else []
    return tuple(Level(day=days[number], value=values[number]) for number in known), tuple(beyond)


def a_back_test(reason: str = "accuracy is too low", starts: tuple[int, ...] = (60, 90), **changes: Any) -> BackTest:
    """Some starts, each followed by ten days that are held, and a day on which nothing was due."""
    started = [a_decision(day, reason=reason, ending=Ending.REJECTED, usd=0.5, needed="confirmed") for day in starts]
    held = [
        a_decision(day + later, "suppressed", held_by="back_off", reason=f"one was started {later} days ago")
        for day in starts
        for later in range(1, 11)
    ]
    idle = a_decision(120, "not_due", trigger_type=TriggerType.DATA_DRIFT, reason="no feature has drifted")
    metric, beyond = levels()
    champions = (
        Served(at=FIRST - 30 * DAY, version="3", change="promoted"),
        Served(at=FIRST + 90 * DAY, version="4", change="promoted"),
    )
    given = {
        "model_name": "churn",
        "days": DAYS,
        "decisions": tuple(sorted([*started, *held, idle], key=lambda each: each.at)),
        "champions": champions,
        "metric": "accuracy",
        "limit": 0.92,
        "levels": metric,
        "beyond": beyond,
    }
    return BackTest(**{**given, **changes})


def two_policies(name: str = "churn.yaml", reason: str = "accuracy is too low") -> dict[str, BackTest]:
    rash = a_back_test(reason, (20, 61, 90, 150))
    needless = [each.changed(needed="needless") if each.at < FIRST + 50 * DAY else each for each in rash.decisions]
    return {"churn": a_back_test(), name: rash.changed(decisions=tuple(needless))}


def a_back_test_page(name: str = "churn.yaml", reason: str = "accuracy is too low") -> str:
    """The page about the policy in force, and one with some name, some of whose decisions have some reason."""
    return render_back_test(two_policies(name, reason))
