"""What holds back the retraining of one model, each with a sentence for people."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from ..domain.decision_record import HeldBy, Hold
from ..domain.model_state import ModelState, breaches_within
from ..domain.policy.policy import AppliedPolicy, PolicyStatus
from ..domain.policy.triggers import TriggerConfig
from ..domain.trigger_type import TriggerType
from ..domain.verdict import Verdict
from ..triggers import backs_off, enabled_triggers
from .budgets import BUDGETS, budget_hold

_DAY, _MONTH = timedelta(days=1), timedelta(days=30)


def model_holds(
    applied: AppliedPolicy,
    state: ModelState,
    trigger: TriggerType,
    at: datetime,
    now: datetime,
    *,
    forced: bool = False,
    variants: int = 0,
) -> list[Hold]:
    """Everything that holds back retraining a model at an event; the first hold is the one to report.

    Force (manual requests only) overrides a pause, the cool-down, the back-off, the caps and the budget, but never
    broken data or a running job. The budget is asked for a retraining with that many variants.
    """
    holds = [*_broken(applied, state), *_running(state, now)]
    if not forced:
        config, attempts = applied.policy.triggers, state.attempts_against(trigger)
        holds += [*_paused(applied), *_cooling(config, state, trigger, at), *_capped(config, attempts, at)]
        holds += [hold for hold in (budget_hold(applied.policy, state, now, variants),) if hold]
    return holds


def allows_data_check(holds: list[Hold]) -> bool:
    """Whether the data are to be checked although the model is held: by broken data, by a budget, or by both.

    The check may lift the quarantine, and shows a drift that there is no money to answer. A back-off as well would
    delay it for as long as a month; what the check finds is held by all of them all the same.
    """
    kinds = {hold.kind for hold in holds} - {"back_off"}
    return bool(kinds) and kinds <= {"quarantine", *BUDGETS}


def breach_hold(config: TriggerConfig, breaches: tuple[date, ...], day: date) -> Hold | None:
    """What holds a trigger that must be met on several days, as of one of the days on which it was."""
    days = breaches_within(breaches, day, config.breach_window_days)
    if days >= config.breach_days:
        return None
    reason = f"met on {days} of the last {config.breach_window_days} days ({config.breach_days} needed)"
    return Hold(kind="breach_days", reason=reason)


def back_off_hold(config: TriggerConfig, state: ModelState, trigger: TriggerType, at: datetime) -> Hold | None:
    """What holds a trigger whose last challengers were not promoted, whichever execution it is judged in."""
    rejections = state.rejections.get(trigger)
    # An earlier release did not keep when; from the last attempt on, every attempt of another trigger would begin anew.
    if not backs_off(trigger) or rejections is None or not rejections.jobs:
        return None
    until = rejections.jobs[-1].at + _back_off(config, rejections.count)
    refused = f", trainings that a proxy refused: {rejections.refused}" if rejections.refused else ""
    cause = f"back-off (challengers of this trigger not promoted in a row: {rejections.challengers}{refused})"
    return _until("back_off", cause, until) if at < until else None


def observed_hold(verdict: Verdict) -> Hold:
    """The hold of a trigger that its policy only observes."""
    return Hold(kind="observe_only", reason=f"only observed: {verdict.reason}")


def _broken(applied: AppliedPolicy, state: ModelState) -> Iterator[Hold]:
    # Without a trigger that reads data, no check would ever end the quarantine.
    if state.quarantine and enabled_triggers(applied.policy, reads_data=True):
        since = f"{state.quarantine.since:%F %H:%M}Z"
        ends = "ends with the first daily check that finds the data sound"
        yield Hold(kind="quarantine", reason=f"quarantined since {since}: {state.quarantine.reason}; {ends}")


def _running(state: ModelState, now: datetime) -> Iterator[Hold]:
    owner = state.owner_at(now)
    if owner:
        yield Hold(kind="running_job", reason=f"job '{owner}' is already retraining this model")


def _paused(applied: AppliedPolicy) -> Iterator[Hold]:
    if applied.status is not PolicyStatus.ACTIVE:
        note = f": {applied.note}" if applied.note else ""
        yield Hold(kind="paused", reason=f"paused{note}")


def _cooling(config: TriggerConfig, state: ModelState, trigger: TriggerType, at: datetime) -> Iterator[Hold]:
    last = max(state.attempts_against(trigger), default=None)
    cool_down = timedelta(hours=config.cool_down_hours)
    if last and at < last + cool_down:
        yield _until("cool_down", "cool-down", last + cool_down)
        return
    back_off = back_off_hold(config, state, trigger, at)
    if back_off:
        yield back_off


def _back_off(config: TriggerConfig, rejected: int) -> timedelta:
    limit = timedelta(days=config.max_back_off_days)
    # Without a cool-down there is nothing to double.
    first = timedelta(hours=max(config.cool_down_hours, 1))
    # Doubling a few dozen times would overflow a timedelta.
    return min(limit, first * (1 << min(rejected, 14)))


def _capped(config: TriggerConfig, attempts: Sequence[datetime], at: datetime) -> Iterator[Hold]:
    caps: tuple[tuple[HeldBy, timedelta, int, str], ...] = (
        ("daily_cap", _DAY, config.daily_cap, "24 hours"),
        ("monthly_cap", _MONTH, config.monthly_cap, "30 days"),
    )
    for kind, span, cap, period in caps:
        count = _within(attempts, span, at)
        if count >= cap:
            # The event may be older than some of the attempts, which count as well once their time comes.
            ends = sorted(attempt + span for attempt in attempts if attempt + span > at)
            until = next(end for end in ends if _within(attempts, span, end) < cap)
            yield _until(kind, f"cap of {cap} retrainings in {period} ({count} so far)", until)


def _within(attempts: Sequence[datetime], span: timedelta, at: datetime) -> int:
    return sum(at - span < attempt <= at for attempt in attempts)


def _until(kind: HeldBy, cause: str, until: datetime) -> Hold:
    return Hold(kind=kind, reason=f"{cause} until {until:%F %T} UTC", until=until)
