"""A retraining is forecast from the last ones like it; without any, the forecast is unknown, and has a bound."""

from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auto_retrain.domain.cost import Forecast, RecentCost, dollars
from auto_retrain.domain.forecast import JOBS, forecast_of, kind_of, like_of, recent_cost
from auto_retrain.domain.model_state import MAX_RECENT_COSTS, with_cost, with_spent
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.policy.proxy import ProxyPolicy
from auto_retrain.domain.policy.training import Capacity, TrainingPolicy
from auto_retrain.domain.prices import PriceList, list_prices
from auto_retrain.domain.receipt import priced
from auto_retrain.domain.usage import PodUse, Usage
from tests.unit.builders import a_policy
from tests.unit.usecases.world import MANUAL, World, rows

PRICES = list_prices()
TRAINING = TrainingPolicy(cpu="4", memory="16Gi", deadline_minutes=60)
POLICY = a_policy().changed(training=TRAINING)
NODE = 0.192  # an hour of a whole m5.xlarge
AMOUNTS = st.lists(st.floats(0, 1e6), max_size=30)


def by(training: TrainingPolicy = TRAINING, parts: int = 1) -> Policy:
    return POLICY.changed(training=training, data=POLICY.data.changed(parts=parts))


def like(training: TrainingPolicy = TRAINING, pods: int = 1, parts: int = 1) -> str:
    return like_of(Usage().ordering("train", training, pods, parts).pods["train"])


def costs(*usd: float, kind: str | None = None) -> list[RecentCost]:
    return [RecentCost(like=kind or like(), usd=each) for each in usd]


@given(AMOUNTS)
def test_it_is_the_median_of_the_last_ones_or_unknown(usd: list[float]) -> None:
    forecast = forecast_of(costs(*usd), POLICY, 0, PRICES)
    assert forecast.jobs == min(len(usd), JOBS)
    if usd:
        assert forecast.usd == pytest.approx(median(usd[-JOBS:]), abs=1e-6)
    else:
        assert forecast.usd is None


@pytest.mark.parametrize(
    "other",
    [
        like(pods=3),
        like(parts=16),
        like(TRAINING.changed(cpu="8")),
        like(TRAINING.changed(memory="8Gi")),
        like(TRAINING.changed(gpus=1)),
        like(TRAINING.changed(capacity=Capacity.SPOT)),
    ],
)
def test_retrainings_with_other_pods_more_variants_or_other_parts_teach_nothing(other: str) -> None:
    forecast = forecast_of([*costs(1.0), *costs(9.0, 9.0, kind=other)], POLICY, 0, PRICES)
    assert (forecast.usd, forecast.jobs) == (1.0, 1)


def test_a_policy_that_just_got_parts_is_not_forecast_from_what_one_piece_cost() -> None:
    known = costs(1.0)
    assert forecast_of(known, by(parts=16), 0, PRICES).usd is None
    days = {"evaluation_window_days": 5, "training_window_days": 10}
    world = World(a_policy(triggers=days, data=POLICY.data.changed(parts=4).model_dump()))
    job_id = world.open()
    world.start(job_id, "train")
    training = world.job(job_id).usage.pods["train"]
    assert like_of(training) == kind_of(world.policy), "whatever number of parts the data have"


def test_the_same_amount_in_other_units_is_the_same() -> None:
    assert like(TRAINING.changed(cpu="4000m", memory="16384Mi")) == like()


@pytest.mark.parametrize(
    ("variants", "at_once", "deadline", "hours"),
    [(0, 4, 60, 1 + 1), (3, 4, 60, 3 + 1), (8, 4, 60, 4 * 2 + 1), (20, 20, 1440, 20 * 24 + 24), (20, 1, 1440, 24 + 24)],
)
def test_the_bound_is_that_of_pods_that_run_until_they_are_stopped(
    variants: int, at_once: int, deadline: int, hours: float
) -> None:
    training = TRAINING.changed(pods_at_once=at_once, deadline_minutes=deadline)
    assert forecast_of([], by(training), variants, PRICES).at_most == pytest.approx(hours * NODE)


def test_the_bound_includes_a_pod_for_each_part_of_a_holdout() -> None:
    training = TRAINING.changed(pods_at_once=2)
    bounds = [forecast_of([], by(training, parts), 0, PRICES).at_most for parts in (1, 2, 5)]
    # An hour of training, and of scoring one, two, or two at once in three rounds; data in parts are examined as well.
    assert bounds == pytest.approx([(1 + 1) * NODE, (1 + 2 * 2) * NODE, (1 + 2 * 2 * 3) * NODE])


def test_the_bound_includes_a_proxy_that_runs_until_it_is_stopped() -> None:
    training = TRAINING.changed(proxy=ProxyPolicy(cpu="2", memory="8Gi", deadline_minutes=30))
    bound = forecast_of([], by(training), 0, PRICES).at_most
    assert bound == pytest.approx((1 + 1 + 0.5 * 0.5) * NODE)
    assert forecast_of([], by(training), 3, PRICES) == forecast_of([], POLICY, 3, PRICES)


def test_it_is_told_in_words() -> None:
    assert Forecast(usd=0.0412, jobs=5, at_most=9).text == "forecast $0.041, like the last 5"
    assert Forecast(usd=3.0, jobs=1, at_most=9).text == "forecast $3.00, like the last one"
    unknown = Forecast(usd=None, jobs=0, at_most=1234.5).text
    assert unknown == "forecast unknown, because it is the first of its kind; at most $1,234.50"


@given(st.floats(0, 1e9))
def test_an_amount_is_never_shown_as_nothing_unless_it_is(usd: float) -> None:
    shown = dollars(usd)
    assert (shown == "$0.00") == (usd == 0)


@given(st.lists(st.tuples(st.sampled_from(["2026-01", "2026-02", "2026-03", "2026-04"]), st.floats(0, 1e3))))
def test_sums_by_month_keep_the_last_two_months(added: list[tuple[str, float]]) -> None:
    spent: dict[str, float] = {}
    for month, usd in sorted(added):
        spent = dict(with_spent(spent, month, usd))
    months = sorted({month for month, _ in added})[-2:]
    assert list(spent) == months
    for month in months:
        assert spent[month] == pytest.approx(sum(usd for name, usd in added if name == month), abs=1e-4)


def test_recent_costs_are_bounded() -> None:
    kept: tuple[RecentCost, ...] = ()
    for usd in range(MAX_RECENT_COSTS + 5):
        kept = with_cost(kept, RecentCost(like=like(), usd=usd))
    assert [cost.usd for cost in kept] == [float(usd) for usd in range(5, MAX_RECENT_COSTS + 5)]


def test_the_next_retraining_is_forecast_from_what_this_one_cost() -> None:
    world = World()
    first = world.open()
    assert world.job(first).forecast == forecast_of([], world.policy, 0, PRICES)
    world.start(first, "train")
    world.train(first, use={"seconds": 0, "stored_bytes": 10**9})
    world.start(first, "score")
    world.score(first, v2=rows(2000, 0.5))
    world.validate(first)
    world.close()
    cost = world.job(first).cost
    assert cost is not None
    assert cost.total > 0.023
    state = world.ports.states.get("churn")
    assert state.spent_in(world.ports.clock.now()) == pytest.approx(cost.total, abs=1e-6)
    second = world.check({**MANUAL, "force": True}, "execution-2")
    forecast = world.job(second.job_id or "").forecast
    assert forecast is not None
    assert (forecast.usd, forecast.jobs) == (pytest.approx(cost.total, abs=1e-6), 1)


def test_a_job_that_broke_off_or_with_an_unmeasured_step_teaches_nothing() -> None:
    world = World()
    job = world.job(world.open())
    pod = PodUse(pods=1, cpu=1, gib=1, gpus=0, capacity=Capacity.ANY)
    unmeasured = job.changed(usage=Usage(pods={"train": pod}), ending="rejected")
    assert recent_cost(unmeasured.charged(priced(unmeasured, PriceList(prices=PRICES)))) is None
    broken = unmeasured.changed(usage=Usage(pods={"train": pod.changed(seconds=9)}), ending="failed")
    assert recent_cost(broken.charged(priced(broken, PriceList(prices=PRICES)))) is None


def test_all_pods_that_train_one_model_count() -> None:
    alone, together = by(), by(TRAINING.changed(workers=4))
    dear = forecast_of([], together, 0, list_prices())
    assert dear.at_most == pytest.approx(forecast_of([], alone, 0, list_prices()).at_most * 5 / 2)
    assert forecast_of(costs(1.0), together, 0, list_prices()).usd is None
    assert forecast_of(costs(1.0, kind=like(pods=4)), together, 0, list_prices()).usd == 1.0
