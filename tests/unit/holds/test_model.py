"""What holds a retraining back, and what force overrides."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auto_retrain.domain.decision_record import Hold
from auto_retrain.domain.model_state import ModelState, Quarantine, RejectedJob, Rejections, with_attempt
from auto_retrain.domain.policy.policy import AppliedPolicy, PolicyStatus
from auto_retrain.domain.trigger_type import TriggerType
from auto_retrain.holds.model import allows_data_check, model_holds
from tests.unit.builders import NOON, a_policy

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PERFORMANCE, SCHEDULED = TriggerType.PERFORMANCE_DEGRADATION, TriggerType.SCHEDULED
DRIFT = TriggerType.DATA_DRIFT


def applied(status: PolicyStatus = PolicyStatus.ACTIVE, **triggers: Any) -> AppliedPolicy:
    policy = a_policy(triggers=triggers)
    return AppliedPolicy(policy=policy, version=1, status=status, note="audit", applied_at=NOON, applied_by="ada")


def state(**fields: Any) -> ModelState:
    return ModelState(model_name="churn", **fields)


def rejected_by(trigger: TriggerType, count: int) -> dict[TriggerType, Rejections]:
    return {trigger: Rejections(count=count, jobs=(RejectedJob(job_id="churn-1", at=NOON),))}


def kinds(holds: list[Hold]) -> list[str]:
    return [hold.kind for hold in holds]


def test_nothing_holds_back_a_new_model() -> None:
    assert model_holds(applied(), state(), PERFORMANCE, NOON, NOON) == []


def test_a_running_job_holds_until_its_lease_expires() -> None:
    leased = state(active_job="churn-1", lease_expires_at=NOON)
    (hold,) = model_holds(applied(), leased, PERFORMANCE, NOON, NOON - timedelta(seconds=1))
    assert (hold.kind, "churn-1" in hold.reason) == ("running_job", True)
    assert model_holds(applied(), leased, PERFORMANCE, NOON, NOON) == []


def test_the_cool_down_starts_at_the_event_time_of_the_last_attempt() -> None:
    tried = state(attempts=(NOON,))
    (hold,) = model_holds(applied(), tried, PERFORMANCE, NOON, NOON)
    assert hold.reason == "cool-down until 2026-03-02 12:00:00 UTC"
    assert hold.until == NOON + DAY
    assert model_holds(applied(), tried, PERFORMANCE, NOON + DAY, NOON) == []
    assert model_holds(applied(cool_down_hours=0), tried, PERFORMANCE, NOON, NOON) == []


def test_an_attempt_that_trained_nothing_holds_back_automatic_triggers_but_no_person() -> None:
    tried = state(attempts=(NOON - 2 * HOUR, NOON - HOUR, NOON), untrained=(NOON - HOUR, NOON))
    assert [hold.kind for hold in model_holds(applied(), tried, PERFORMANCE, NOON, NOON)] == ["cool_down", "daily_cap"]
    (hold,) = model_holds(applied(), tried, TriggerType.MANUAL, NOON, NOON)
    assert hold.until == NOON - 2 * HOUR + DAY
    nothing = state(attempts=(NOON,) * 3, untrained=(NOON,) * 3)
    assert model_holds(applied(), nothing, TriggerType.MANUAL, NOON, NOON) == []
    # One of two jobs of the same moment trained a version.
    assert model_holds(applied(), state(attempts=(NOON,) * 2, untrained=(NOON,)), TriggerType.MANUAL, NOON, NOON)


@pytest.mark.parametrize(("rejected", "days"), [(1, 2), (2, 4), (3, 8), (5, 30), (100, 30)])
def test_each_rejected_challenger_doubles_the_wait_up_to_a_limit(rejected: int, days: int) -> None:
    tried = state(attempts=(NOON,), rejections=rejected_by(PERFORMANCE, rejected))
    (hold,) = model_holds(applied(), tried, PERFORMANCE, NOON + days * DAY - HOUR, NOON)
    assert hold.kind == "back_off"
    assert model_holds(applied(), tried, PERFORMANCE, NOON + days * DAY, NOON) == []


@pytest.mark.parametrize("trigger", [SCHEDULED, TriggerType.MANUAL])
def test_the_back_off_never_delays_a_schedule_or_a_person(trigger: TriggerType) -> None:
    tried = state(attempts=(NOON,), rejections=rejected_by(trigger, 5))
    assert model_holds(applied(), tried, trigger, NOON + 2 * DAY, NOON) == []


@pytest.mark.parametrize(("refused", "also"), [(0, ""), (2, ", trainings that a proxy refused: 2")])
def test_a_back_off_says_how_many_challengers_it_is_for_and_how_many_a_proxy_refused(refused: int, also: str) -> None:
    rejections = Rejections(count=3 + refused, refused=refused, jobs=(RejectedJob(job_id="churn-1", at=NOON),))
    tried = state(rejections={PERFORMANCE: rejections})
    (hold,) = model_holds(applied(cool_down_hours=0), tried, PERFORMANCE, NOON, NOON)
    # Without a cool-down it is an hour that doubles.
    ends = f"{NOON + HOUR * 2 ** (3 + refused):%F %T} UTC"
    assert hold.reason == f"back-off (challengers of this trigger not promoted in a row: 3{also}) until {ends}"


def test_rejections_of_drift_hold_back_drift_alone() -> None:
    tried = state(attempts=(NOON,), rejections=rejected_by(DRIFT, 5))
    assert kinds(model_holds(applied(), tried, DRIFT, NOON + 29 * DAY, NOON)) == ["back_off"]
    assert model_holds(applied(), tried, PERFORMANCE, NOON + DAY, NOON) == []


def test_the_back_off_counts_from_the_last_rejection_whatever_else_was_tried_since() -> None:
    rejected = Rejections(count=1, jobs=(RejectedJob(job_id="churn-1", at=NOON),))
    tried = state(attempts=(NOON, NOON + DAY), rejections={PERFORMANCE: rejected})
    (hold,) = model_holds(applied(cool_down_hours=24), tried, PERFORMANCE, NOON + 1.5 * DAY, NOON)
    assert (hold.kind, hold.until) == ("cool_down", NOON + 2 * DAY)
    assert model_holds(applied(), tried, PERFORMANCE, NOON + 2 * DAY, NOON) == []


def test_rejections_that_an_earlier_release_counted_do_not_hold_a_trigger_again_after_each_other_attempt() -> None:
    weekly = state(attempts=tuple(NOON + days * DAY for days in (0, 7, 14)), rejections={DRIFT: Rejections(count=4)})
    assert model_holds(applied(), weekly, DRIFT, NOON + 20 * DAY, NOON) == []


@pytest.mark.parametrize("drop", [40, 64, 100, 200, 339])
def test_a_year_of_drift_that_no_challenger_answers_does_not_delay_the_performance_trigger(drop: int) -> None:
    model, started = state(), {DRIFT: [], PERFORMANCE: []}  # type: ignore[var-annotated]
    for day in range(365):
        at = NOON + day * DAY
        for trigger in [*([PERFORMANCE] if day >= drop else []), DRIFT]:
            if not model_holds(applied(), model, trigger, at, at):
                started[trigger].append(day)
                rejections = model.rejections_with(trigger, RejectedJob(job_id=f"churn-{day}", at=at))
                model = model.changed(attempts=with_attempt(model.attempts, at), rejections=rejections)
    assert len(started[DRIFT]) < 17
    # At once, or on the day after an attempt.
    assert started[PERFORMANCE][0] - drop <= 1
    assert model.rejected_in_a_row == len(started[DRIFT]) + len(started[PERFORMANCE])


def test_the_back_off_can_be_turned_off() -> None:
    tried = state(attempts=(NOON,), rejections=rejected_by(PERFORMANCE, 5))
    assert model_holds(applied(max_back_off_days=0), tried, PERFORMANCE, NOON + DAY, NOON) == []


def test_a_daily_cap_ends_when_the_oldest_counted_attempt_is_a_day_old() -> None:
    capped = applied(cool_down_hours=0, daily_cap=2)
    tried = state(attempts=(NOON - 30 * HOUR, NOON - 10 * HOUR, NOON - 5 * HOUR))
    (hold,) = model_holds(capped, tried, PERFORMANCE, NOON, NOON)
    assert (hold.kind, hold.until) == ("daily_cap", NOON + 14 * HOUR)
    assert model_holds(capped, tried, PERFORMANCE, NOON + 14 * HOUR, NOON) == []


def test_a_monthly_cap_counts_thirty_days() -> None:
    capped = applied(cool_down_hours=0, monthly_cap=3)
    tried = state(attempts=tuple(NOON - days * DAY for days in (29, 20, 10)))
    assert kinds(model_holds(capped, tried, PERFORMANCE, NOON, NOON)) == ["monthly_cap"]
    assert model_holds(capped, tried, PERFORMANCE, NOON + DAY, NOON) == []


def test_a_pause_holds_and_gives_its_reason() -> None:
    paused = applied(PolicyStatus.PAUSED)
    (hold,) = model_holds(paused, state(), SCHEDULED, NOON, NOON)
    assert hold.reason == "paused: audit"
    (hold,) = model_holds(paused.changed(note=""), state(), SCHEDULED, NOON, NOON)
    assert hold.reason == "paused"


def test_force_overrides_everything_but_broken_data_and_a_running_job() -> None:
    busy = state(
        active_job="churn-1",
        lease_expires_at=NOON + HOUR,
        attempts=(NOON,) * 5,
        rejections=rejected_by(PERFORMANCE, 3),
        quarantine=Quarantine(since=NOON, reason="column 'age' is gone"),
    )
    paused = applied(PolicyStatus.PAUSED)
    assert kinds(model_holds(paused, busy, TriggerType.MANUAL, NOON, NOON, forced=True)) == [
        "quarantine",
        "running_job",
    ]
    free = state(attempts=(NOON,) * 5)
    assert model_holds(paused, free, TriggerType.MANUAL, NOON, NOON, forced=True) == []


def test_a_quarantine_with_or_without_budgets_is_recognised_as_the_only_hold() -> None:
    broken = state(quarantine=Quarantine(since=NOON, reason="?"))
    assert allows_data_check(model_holds(applied(), broken, PERFORMANCE, NOON, NOON))
    both = broken.changed(attempts=(NOON,))
    assert not allows_data_check(model_holds(applied(), both, PERFORMANCE, NOON, NOON))
    assert not allows_data_check([])
    with_budgets = [Hold(kind=kind, reason="?") for kind in ("quarantine", "budget", "fleet_spending")]
    assert allows_data_check(with_budgets)


def test_a_back_off_does_not_delay_the_check_that_ends_a_quarantine() -> None:
    broken = state(quarantine=Quarantine(since=NOON, reason="?"), attempts=(NOON,), rejections=rejected_by(DRIFT, 4))
    holds = model_holds(applied(), broken, DRIFT, NOON + 2 * DAY, NOON)
    assert kinds(holds) == ["quarantine", "back_off"]
    assert allows_data_check(holds)
    assert not allows_data_check(holds[1:])


TIMES = st.datetimes(min_value=NOON.replace(tzinfo=None), max_value=(NOON + 60 * DAY).replace(tzinfo=None)).map(
    lambda moment: moment.replace(tzinfo=NOON.tzinfo)
)


# An old event with later attempts: all of them count by the time its day is over.
@example([NOON] * 6 + [NOON + timedelta(microseconds=1)] * 3, NOON, 0, TriggerType.PERFORMANCE_DEGRADATION)
@given(st.lists(TIMES, max_size=40), TIMES, st.integers(0, 20), st.sampled_from(list(TriggerType)))
def test_every_hold_has_ended_at_the_time_that_it_names(
    attempts: list[Any], at: Any, rejected: int, trigger: TriggerType
) -> None:
    tried = state(attempts=tuple(attempts), rejections=rejected_by(trigger, rejected))
    for hold in model_holds(applied(), tried, trigger, at, NOON):
        assert hold.until is not None
        assert hold.until > at
        assert hold.kind not in kinds(model_holds(applied(), tried, trigger, hold.until, NOON))
