"""A budget holds what it has no money for, says so in figures, and a new month ends it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auto_retrain.domain.cost import RecentCost
from auto_retrain.domain.fleet import FleetLimits, FleetMoney, FleetUsage, SweepMark
from auto_retrain.domain.forecast import kind_of
from auto_retrain.domain.model_state import ModelState, month_of
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.prices import list_prices
from auto_retrain.holds.budgets import budget_hold, fits, next_month, overspent_hold, spending_hold
from auto_retrain.holds.fleet import fleet_holds, money_of, reserve
from tests.unit.builders import NOON, a_policy

MARCH, APRIL = "2026-03", datetime(2026, 4, 1, tzinfo=UTC)
LIMITS = FleetLimits(budget_month_usd=100.0)
amounts = st.floats(0, 1e6, allow_nan=False)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2900, 1, 1), timezones=st.just(UTC))


def with_budget(budget: float | None) -> Policy:
    return a_policy(triggers={"budget_month_usd": budget})


def state(spent: float = 0.0, *costs: float, variants: int = 0, **fields: object) -> ModelState:
    like = kind_of(a_policy(), variants)
    recent = tuple(RecentCost(like=like, usd=usd) for usd in costs)
    return ModelState(model_name="churn", spent={MARCH: spent}, costs=recent, **fields)


def test_the_hold_names_what_was_spent_what_this_one_would_cost_and_when_it_ends() -> None:
    hold = budget_hold(with_budget(5), state(4.1, 1.2), NOON)
    assert hold is not None
    assert hold.reason == (
        "this month's retrainings cost $4.10 of $5.00 and this one would cost about $1.20; "
        "next month begins on 2026-04-01"
    )
    assert (hold.kind, hold.until) == ("budget", APRIL)


@pytest.mark.parametrize("spent", [0.0, 4.999, 5.0, 1e9])
def test_without_a_budget_nothing_is_held(spent: float) -> None:
    assert budget_hold(with_budget(None), state(spent, 3.0), NOON) is None


def test_what_fits_exactly_is_not_held() -> None:
    assert budget_hold(with_budget(5), state(4.0, 1.0), NOON) is None


def test_the_first_retraining_of_its_kind_starts_unless_the_budget_is_used_up() -> None:
    assert budget_hold(with_budget(5), state(4.99), NOON) is None
    hold = budget_hold(with_budget(5), state(5.0), NOON)
    assert hold is not None
    assert hold.reason == "this month's retrainings cost $5.00 of $5.00; next month begins on 2026-04-01"
    # Four variants at once are of another kind than a single training.
    assert budget_hold(with_budget(5), state(4.5, 1.0), NOON, variants=4) is None
    assert budget_hold(with_budget(5), state(4.5, 1.0, variants=4), NOON, variants=4) is not None


def test_a_budget_that_no_month_could_pay_one_retraining_from_says_that_waiting_does_not_help() -> None:
    hold = budget_hold(with_budget(1), state(0.0, 1.2), NOON)
    assert hold is not None
    assert hold.reason == (
        "one retraining costs about $1.20, more than the budget of $1.00 a month (triggers.budget_month_usd)"
    )
    assert hold.until is None


@given(amounts, st.lists(amounts, max_size=6), st.floats(0.01, 1e6), moments)
def test_nothing_starts_beyond_a_budget_and_a_new_month_starts_what_one_month_can_pay(
    spent: float, costs: list[float], budget: float, now: datetime
) -> None:
    like = kind_of(a_policy(), 0)
    recent = tuple(RecentCost(like=like, usd=usd) for usd in costs)
    model = ModelState(model_name="churn", spent={month_of(now): spent}, costs=recent)
    hold = budget_hold(with_budget(budget), model, now)
    if hold is None:
        assert spent < budget + 1e-6
    elif hold.until:
        assert hold.until > now
        assert budget_hold(with_budget(budget), model, hold.until - timedelta(microseconds=1)) == hold
        assert budget_hold(with_budget(budget), model, hold.until) is None
    else:
        assert max(costs) > budget


@given(amounts, amounts, st.none() | amounts, st.floats(0.01, 1e6))
def test_more_used_never_makes_room(used: float, more: float, expected: float | None, budget: float) -> None:
    assert fits(used, expected, budget) or not fits(used + more, expected, budget)


@given(moments)
def test_the_next_month_begins_right_after_this_one(now: datetime) -> None:
    begins = next_month(now)
    assert month_of(begins) != month_of(now) == month_of(begins - timedelta(microseconds=1))


def test_the_fleets_money_is_what_ended_this_month_and_what_runs() -> None:
    running = {"active_job": "churn-1", "lease_expires_at": NOON + timedelta(hours=1)}
    fleet = [(a_policy(), each) for each in (state(3.0, 9.0), state(2.0, 0.5, **running), state(0.0, **running))]
    money = money_of(fleet, list_prices(), NOON)
    assert (money.month, money.spent) == (MARCH, 5.0)
    # One of unknown cost counts as if it ran until it is stopped: two hours at training, two at scoring.
    at_most = reserve(a_policy(), state(), list_prices())
    assert at_most == pytest.approx(4 * (0.0352 + 2 * 0.0032))
    assert money.reserved == pytest.approx(0.5 + at_most)
    assert money_of(fleet, list_prices(), APRIL).spent == 0.0
    # Workers that train one model together are one retraining.
    two = a_policy(training={"workers": 2})
    assert reserve(two, state().changed(costs=(RecentCost(like=kind_of(two), usd=7.0),)), list_prices()) == 7.0


def test_the_fleets_hold_stays_the_same_sentence_while_the_sum_changes() -> None:
    holds = [spending_hold(LIMITS, FleetMoney(month=MARCH, spent=spent), 2.0, NOON) for spent in (98.5, 99.5)]
    assert holds[0] == holds[1]
    assert holds[0] is not None
    assert holds[0].reason == (
        "the fleet's budget of $100.00 a month has no room for this one, which would cost about $2.00; "
        "next month begins on 2026-04-01"
    )
    assert spending_hold(LIMITS, FleetMoney(month=MARCH, spent=98.5), 1.0, NOON) is None
    assert spending_hold(FleetLimits(), FleetMoney(month=MARCH, spent=1e6), 1.0, NOON) is None


def test_a_retraining_that_costs_more_than_the_whole_fleet_may_says_so() -> None:
    hold = spending_hold(LIMITS, FleetMoney(month=MARCH), 120.0, NOON)
    assert hold is not None
    assert (hold.until, "(FleetBudgetMonthUsd)" in hold.reason) == (None, True)
    # The next month could pay for it, with all that it has.
    hold = spending_hold(LIMITS, FleetMoney(month=MARCH, spent=1), 100.0, NOON)
    assert hold is not None
    assert hold.until == APRIL


@pytest.mark.parametrize(
    ("money", "held"),
    [
        (FleetMoney(month=MARCH, spent=60, reserved=40), False),
        (FleetMoney(month=MARCH, spent=60, reserved=40.01), True),
        (FleetMoney(month="2026-02", spent=500, reserved=40), False),
        (None, False),
    ],
    ids=["just fits", "beyond", "of last month", "of an earlier release"],
)
def test_an_execution_that_the_sweep_let_start_is_not_held_and_a_fleet_beyond_its_budget_is(
    money: FleetMoney | None, held: bool
) -> None:
    usage = FleetUsage(active_jobs=0, retrained_in_30_days=0, money=money)
    holds = fleet_holds(LIMITS, SweepMark(at=NOON, models=1, usage=usage), NOON)
    assert [hold.kind for hold in holds] == (["fleet_spending"] if held else [])


@given(amounts, st.lists(amounts, max_size=6), st.integers(1, 10**6))
@example(3.245913, [4.717851, 0.352267], 41)
def test_all_that_is_left_can_be_set_aside_and_then_nothing_is_left(
    spent: float, running: list[float], left: int
) -> None:
    money = FleetMoney(month=MARCH, spent=round(spent, 6), reserved=sum(round(usd, 6) for usd in running))
    limits = FleetLimits(budget_month_usd=float(int(money.used_in(MARCH)) + left))
    full = money.reserving((limits.budget_month_usd or 0) - money.used_in(MARCH))
    assert overspent_hold(limits, full, NOON) is None
    assert spending_hold(limits, full, None, NOON) is not None


def test_an_overspent_fleet_names_what_was_spent_and_what_runs() -> None:
    hold = overspent_hold(LIMITS, FleetMoney(month=MARCH, spent=97, reserved=4.5), NOON)
    assert hold is not None
    assert hold.reason == (
        "this month's retrainings of the fleet cost $97.00 of $100.00, and those that run about $4.50 more; "
        "next month begins on 2026-04-01"
    )
    assert overspent_hold(FleetLimits(), FleetMoney(month=MARCH, spent=1e6), NOON) is None
