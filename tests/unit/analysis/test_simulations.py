"""How often the analysis errs, and how soon it sees: simulated through the analysis itself, with fixed seeds.

Each limit allows for three standard errors of the simulation.
"""

from collections.abc import Callable, Iterable
from math import sqrt
from statistics import median

import numpy as np
import pytest

from auto_retrain.adapters.live.by_period import Values, compared
from auto_retrain.analysis.differences import Difference, of_means, of_pairs, of_rates
from auto_retrain.analysis.entities import Counted
from auto_retrain.domain.live import ArmCounts, LiveCounts, PairedCounts
from auto_retrain.domain.policy.analysis import AnalysisPolicy
from auto_retrain.domain.rollout import Rollout
from auto_retrain.statistics.e_process import Block, TwoProportions, e_value
from tests.unit.analysis.rollouts import CANARY, DEFAULT, NOON, SHADOW, a_rollout, analyse, drawn

ALLOWED = 0.05


def at_most(allowed: float, repetitions: int) -> float:
    """How often something may be seen that happens as often as allowed."""
    return allowed + 3 * sqrt(allowed * (1 - allowed) / repetitions)


def unhealthy_after(
    seen: Iterable[LiveCounts], policy: AnalysisPolicy = DEFAULT, rollout: Rollout = CANARY
) -> int | None:
    """The challenger's requests, or pairs, when it is first called unhealthy; None if it never is."""
    evidence = None
    for counts in seen:
        evidence = analyse(policy, rollout, evidence, counts, NOON)
        if evidence.analysis.unhealthy:
            return counts.challenger.requests
    return None


def proven_after(seen: Iterable[LiveCounts]) -> int | None:
    """The challenger's requests when nothing is unproven any more; None if it is taken back before, or never is."""
    evidence = None
    for counts in seen:
        evidence = analyse(DEFAULT, CANARY, evidence, counts, NOON)
        if evidence.analysis.unhealthy:
            return None
        if not evidence.analysis.unproven:
            return counts.challenger.requests
    return None


@pytest.mark.parametrize("rate", [0.05, 0.001])
def test_identical_versions_are_rarely_rolled_back_in_1440_looks(rate: float) -> None:
    """80 canaries, a day each with a look a minute at 90 and 10 requests, through the test that the check uses."""
    random, rolled_back = np.random.default_rng(11), 0
    for _ in range(80):
        test, blocks = TwoProportions(), random.binomial((90, 10), rate, (1440, 2)).tolist()
        for champion, challenger in blocks:
            test = test.after(Block(90, champion, 10, challenger))
            if e_value(test.higher) >= 20:
                rolled_back += 1
                break
    assert rolled_back / 80 <= ALLOWED


@pytest.mark.parametrize(("rate", "share"), [(0.05, 0.05), (0.001, 0.5)])
def test_nor_are_they_through_the_whole_analysis(rate: float, share: float) -> None:
    """100 rollouts of 60 looks at 200 requests, all with one test only, which then has the whole error to itself."""
    random, requests = np.random.default_rng(12), (round(200 * (1 - share)), round(200 * share))
    policy = AnalysisPolicy.model_validate({"labelled_quality": {"enabled": False}})
    rollout = a_rollout(round(100 * share))
    ends = [unhealthy_after(drawn(random, (rate, rate), 60, requests), policy, rollout) for _ in range(100)]
    assert sum(end is not None for end in ends) / 100 <= at_most(ALLOWED, 100)


def test_the_whole_analysis_says_at_all_1440_looks_what_its_test_says() -> None:
    random = np.random.default_rng(13)
    evidence, test, before = None, TwoProportions(), LiveCounts()
    for counts in drawn(random, (0.05, 0.055), 1440, (90, 10)):
        evidence = analyse(DEFAULT, CANARY, evidence, counts, NOON)
        new = counts.champion.errors - before.champion.errors, counts.challenger.errors - before.challenger.errors
        test, before = test.after(Block(90, new[0], 10, new[1])), counts
        state = evidence.processes["error_rate"]
        assert isinstance(state, dict)
        assert state["worse"] == list(test.higher)
    assert evidence is not None
    assert len(evidence.looks) <= 60


@pytest.mark.parametrize("weight", [5, 10, 25, 50])
def test_a_doubled_error_rate_is_caught_within_400_requests_of_the_challenger(weight: int) -> None:
    """101 canaries with the policy that nobody wrote; the median. Its standard error is about 20 requests."""
    random, requests = np.random.default_rng(14), (10 * (100 - weight) // weight, 10)
    ends = [unhealthy_after(drawn(random, (0.05, 0.10), 150, requests), rollout=a_rollout(weight)) for _ in range(101)]
    assert median(end or 10**9 for end in ends) <= 400


def test_several_checks_together_keep_the_error() -> None:
    """100 rollouts of 40 looks with three tests: errors, labels and a value of the user's own; nothing differs."""
    random = np.random.default_rng(15)
    policy = AnalysisPolicy.model_validate({"business_metric": {"enabled": True}})

    def seen() -> Iterable[LiveCounts]:
        wrong = np.cumsum(random.binomial((180, 20), 0.2, (40, 2)), axis=0).tolist()
        values = random.exponential(size=(40, 200))
        for number, counts in enumerate(drawn(random, (0.05, 0.05), 40, (180, 20)), start=1):
            arms = [
                ArmCounts(
                    requests=arm.requests,
                    errors=arm.errors,
                    labelled=arm.requests,
                    good=arm.requests - wrong[number - 1][place],
                    business=float(values[:number, part].sum()),
                    business_squares=float((values[:number, part] ** 2).sum()),
                    business_rows=arm.requests,
                )
                for place, (arm, part) in enumerate(
                    [(counts.champion, slice(20, 200)), (counts.challenger, slice(0, 20))]
                )
            ]
            yield LiveCounts(champion=arms[0], challenger=arms[1], newest_at=NOON)

    ends = [unhealthy_after(seen(), policy) for _ in range(100)]
    assert sum(end is not None for end in ends) / 100 <= ALLOWED


def of_customers(
    random: np.random.Generator, ids: Callable[[int], np.ndarray], rates: tuple[float, float], *, alike: bool
) -> Iterable[LiveCounts]:
    """50 looks; customers are divided by halves. If alike, all requests of a customer fail, or none."""
    customers = 1 + max(int(ids(look).max()) for look in range(50))
    is_new = random.random(customers) < 0.5
    rate = np.where(is_new, rates[1], rates[0])
    fails = random.random(customers) < rate
    requests, errors = np.zeros((2, customers), dtype=int)
    for look in range(50):
        new = np.bincount(ids(look), minlength=customers)
        requests += new
        errors += new * fails if alike else random.binomial(new, rate)
        champion, challenger = (
            ArmCounts(
                requests=int(requests[arm].sum()),
                entities=int((requests[arm] > 0).sum()),
                entity_squares=int((requests[arm] ** 2).sum()),
                errors=int(errors[arm].sum()),
                error_squares=int((errors[arm] ** 2).sum()),
                error_products=int((errors[arm] * requests[arm]).sum()),
            )
            for arm in (~is_new, is_new)
        )
        yield LiveCounts(champion=champion, challenger=challenger, newest_at=NOON)


def always_new(look: int) -> np.ndarray:
    """Twenty customers with ten requests each."""
    return np.repeat(np.arange(20 * look, 20 * look + 20), 10)


def always_the_same(look: int) -> np.ndarray:
    """Two hundred customers with a request each."""
    return np.arange(200)


def one_with_half_of_the_requests(look: int) -> np.ndarray:
    return np.concatenate([np.zeros(100, dtype=int), np.arange(100 * look + 1, 100 * look + 101)])


CUSTOMERS = [always_new, always_the_same, one_with_half_of_the_requests]
PATIENT = AnalysisPolicy(guard_requests=100_000)


@pytest.mark.parametrize("alike", [True, False], ids=["alike", "independent"])
@pytest.mark.parametrize("ids", CUSTOMERS)
def test_requests_of_the_same_entity_keep_the_error(ids: Callable[[int], np.ndarray], alike: bool) -> None:
    """30 rollouts of 50 looks at 200 requests, which nothing but the customers tells apart."""
    random = np.random.default_rng(19)
    seen = (of_customers(random, ids, (0.05, 0.05), alike=alike) for _ in range(30))
    assert sum(unhealthy_after(each, PATIENT, a_rollout(50)) is not None for each in seen) / 30 <= at_most(ALLOWED, 30)


@pytest.mark.parametrize("ids", CUSTOMERS)
def test_errors_that_have_nothing_to_do_with_customers_are_seen_all_the_same(ids: Callable[[int], np.ndarray]) -> None:
    """Twice as many of them, in a median of at most 1,200 requests of the challenger."""
    random = np.random.default_rng(25)
    seen = (of_customers(random, ids, (0.05, 0.10), alike=False) for _ in range(15))
    assert median(unhealthy_after(each, PATIENT, a_rollout(50)) or 10**9 for each in seen) <= 1200


def earned(
    random: np.random.Generator, minutes: int, loss: float = 0.0, alike: float = 0.0, wave: float = 0.0
) -> Iterable[LiveCounts]:
    """Looks at every eighth minute of about 90 and 10 requests with values of variance 1 that share a daily course.

    The challenger's minutes also have a wave of their own, which is like it was a minute before.
    """
    rows = 1 + random.poisson((89, 9), (minutes, 2))
    course, own = np.sin(np.arange(minutes) / 100), [0.0]
    for step in random.normal(size=minutes - 1):
        own.append(alike * own[-1] + wave * sqrt(1 - alike**2) * step)
    means = np.stack([course, course + own - loss], axis=1)
    totals = random.standard_gamma(rows) + rows * (means - 1)
    champion, challenger = (
        {minute: Values(*each) for minute, each in enumerate(zip(rows[:, arm], totals[:, arm], strict=True))}
        for arm in (0, 1)
    )
    for until in range(40, minutes + 1, 8):
        requests, sums = rows[:until].sum(axis=0).tolist(), totals[:until].sum(axis=0).tolist()
        arms = [
            ArmCounts(requests=number, business_rows=number, business=total)
            for number, total in zip(requests, sums, strict=True)
        ]
        before = [{minute: arm[minute] for minute in range(until)} for arm in (champion, challenger)]
        yield LiveCounts(champion=arms[0], challenger=arms[1], by_period=compared(*before), newest_at=NOON)


BY_PERIOD = AnalysisPolicy.model_validate(
    {"business_metric": {"enabled": True}, "labelled_quality": {"enabled": False}}
)


@pytest.mark.parametrize(("alike", "wave", "allowed"), [(0.0, 0.0, ALLOWED), (0.6, 0.5, ALLOWED), (0.9, 0.5, 0.1)])
def test_a_value_by_minute_keeps_the_error(alike: float, wave: float, allowed: float) -> None:
    """40 rollouts of 240 minutes; waves that last for tens of minutes err somewhat more often."""
    random = np.random.default_rng(20)
    ends = [unhealthy_after(earned(random, 240, 0, alike, wave), BY_PERIOD) for _ in range(40)]
    assert sum(end is not None for end in ends) / 40 <= at_most(allowed, 40)


def test_a_value_by_minute_shows_a_loss() -> None:
    """Of a tenth of the values' deviation, in a median of at most 1,500 requests of the challenger."""
    random = np.random.default_rng(22)
    ends = [unhealthy_after(earned(random, 240, 0.1), BY_PERIOD) for _ in range(15)]
    assert median(end or 10**9 for end in ends) <= 1500


def pairs(random: np.random.Generator, shares: tuple[float, float], looks: int) -> Iterable[LiveCounts]:
    """Copies of ten requests between looks; so large shares of them are right in one version only."""
    lost, won = np.cumsum(random.multinomial(10, [*shares, 1 - sum(shares)], looks), axis=0)[:, :2].T.tolist()
    for number, (only_champion, only_challenger) in enumerate(zip(lost, won, strict=True), start=1):
        arm = ArmCounts(requests=10 * number)
        paired = PairedCounts(
            answered=10 * number,
            both_right=10 * number - only_champion - only_challenger,
            only_champion_right=only_champion,
            only_challenger_right=only_challenger,
        )
        yield LiveCounts(champion=arm, challenger=arm, paired=paired, newest_at=NOON)


def test_pairs_keep_the_error_and_show_a_loss() -> None:
    random = np.random.default_rng(16)
    ends = [unhealthy_after(pairs(random, (0.05, 0.05), 60), rollout=SHADOW) for _ in range(80)]
    assert sum(end is not None for end in ends) / 80 <= at_most(ALLOWED, 80)
    ends = [unhealthy_after(pairs(random, (0.10, 0.05), 120), rollout=SHADOW) for _ in range(31)]
    assert median(end or 10**9 for end in ends) <= 800


def test_a_split_as_asked_is_rarely_called_wrong_at_any_of_60_looks() -> None:
    """Each look errs with about 1 in 1,000, and all together in at most 2 of 100, because of the tolerance."""
    random, wrong = np.random.default_rng(17), 0
    for _ in range(100):
        evidence, challenger = None, np.cumsum(random.binomial(200, 0.1, 60)).tolist()
        for number, requests in enumerate(challenger, start=1):
            counts = LiveCounts(
                champion=ArmCounts(requests=200 * number - requests),
                challenger=ArmCounts(requests=requests),
                newest_at=NOON,
            )
            evidence = analyse(DEFAULT, CANARY, evidence, counts, NOON)
            if evidence.analysis.missing:
                wrong += 1
                break
    assert wrong / 100 <= at_most(0.02, 100)


def test_a_split_that_is_off_by_a_third_is_seen_within_a_few_thousand_requests() -> None:
    counts = LiveCounts(champion=ArmCounts(requests=2800), challenger=ArmCounts(requests=200), newest_at=NOON)
    evidence = analyse(DEFAULT, CANARY, None, counts, NOON)
    assert "the split is not as asked" in str(evidence.analysis.missing)


@pytest.mark.parametrize(("rate", "worse"), [(0.05, 0.06), (0.001, 0.011)])
def test_a_challenger_that_is_worse_by_the_margin_seldom_ever_looks_proven(rate: float, worse: float) -> None:
    """60 rollouts, looked at from the planned sample on until 4,000 of its requests."""
    random, repetitions = np.random.default_rng(18), 60
    ends = [proven_after(drawn(random, (rate, worse), 80, (450, 50))) for _ in range(repetitions)]
    assert sum(end is not None for end in ends) / repetitions <= at_most(ALLOWED, repetitions)


NEW = np.array([500, *[100] * 95])
ROWS = np.cumsum(NEW).tolist()


def rates_worse_by_a_point(random: np.random.Generator) -> Iterable[Difference]:
    events = np.cumsum(random.binomial(np.stack([NEW, NEW], axis=1), (0.10, 0.11)), axis=0).tolist()
    return (
        of_rates(Block(rows, a, rows, b), Counted(1.0, 1.0), 500) for rows, (a, b) in zip(ROWS, events, strict=True)
    )


def pairs_worse_by_a_point(random: np.random.Generator) -> Iterable[Difference]:
    events = np.cumsum(random.multinomial(NEW, (0.08, 0.07, 0.85)), axis=0).tolist()
    return (of_pairs(lost, won, rows, 1.0, 500) for rows, (lost, won, _) in zip(ROWS, events, strict=True))


def means_worse_by_a_point(random: np.random.Generator) -> Iterable[Difference]:
    totals = np.cumsum(random.normal(0.01 * NEW, np.sqrt(NEW))).tolist()
    return (of_means(total / rows, 1 / rows, rows, 500) for rows, total in zip(ROWS, totals, strict=True))


@pytest.mark.parametrize("draw", [rates_worse_by_a_point, pairs_worse_by_a_point, means_worse_by_a_point])
def test_a_bound_is_seldom_ever_below_the_truth(draw: Callable[[np.random.Generator], Iterable[Difference]]) -> None:
    """400 rollouts with 96 looks each, from the planned sample to 20 times as many."""
    random = np.random.default_rng(23)
    wrong = [any(each.bound < 0.01 for each in draw(random)) for _ in range(400)]
    assert sum(wrong) / 400 <= at_most(ALLOWED, 400)


@pytest.mark.parametrize(("rate", "most"), [(0.01, 1600), (0.001, 900)])
def test_as_good_a_challenger_is_proven_soon_if_errors_are_rare(rate: float, most: int) -> None:
    """31 rollouts; the median of its requests until then."""
    random = np.random.default_rng(24)
    ends = [proven_after(drawn(random, (rate, rate), 80, (450, 50))) for _ in range(31)]
    assert median(end or 10**9 for end in ends) <= most
