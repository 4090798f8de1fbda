"""LiveSource on a real Prometheus server, and on answers that must not be trusted."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auto_retrain.adapters.live.prometheus import MODELS_PER_QUERY, PrometheusLiveSource
from auto_retrain.adapters.live.sources import LiveSources
from auto_retrain.domain.live import LiveCounts, LiveQuery, latency_bucket
from tests.contracts.ports.logged import a_query, logged_policy
from tests.contracts.ports.prometheus_server import Answers, is_installed, prometheus

START = datetime(2026, 3, 1, 10, tzinfo=UTC)
END = START + timedelta(hours=3)
SCRAPE = timedelta(seconds=30)
REQUESTS = {"source": "prometheus", "requests_total": "requests_total", "errors_total": "errors_total"}


def query(model: str = "churn", **requests: Any) -> LiveQuery:
    policy = logged_policy(requests={**REQUESTS, **requests}).changed(model=model)
    return a_query(policy, start=START, end=END)


def scrapes(begin: timedelta = -timedelta(hours=2), end: timedelta = timedelta(hours=4)) -> Iterator[tuple[int, float]]:
    """Numbers of the scrapes since `begin`, which count from 0, and their moments."""
    for number in range(int((end - begin) / SCRAPE)):
        yield number, (START + begin + number * SCRAPE).timestamp()


def samples() -> str:
    """Counters that go on, are new, restarted, sparse or silent for a while, and one that is not a number."""
    at_start = int(timedelta(hours=2) / SCRAPE)
    lines = {"requests": ["# TYPE requests counter"], "errors": ["# TYPE errors counter"]}

    def add(labels: str, begin: timedelta, requests: Any, errors: Any, end: timedelta = timedelta(hours=4)) -> None:
        for number, at in scrapes(begin, end):
            lines["requests"].append(f"requests_total{{{labels}}} {requests(number)} {at}")
            lines["errors"].append(f"errors_total{{{labels}}} {errors(number)} {at}")

    before, hour = -timedelta(hours=2), timedelta(hours=1)
    add('model="churn",version="1",pod="a"', before, lambda n: 1000 + 10 * n, lambda n: n // 100)
    # Gone after an hour of the step.
    add('model="churn",version="1",pod="b"', before, lambda n: n, lambda n: 0, hour)
    # Began with the step: its first value counts.
    add('model="churn",version="2",pod="c"', SCRAPE, lambda n: 5 + n, lambda n: 1)
    add('model="restarted",version="1"', before, lambda n: (n % 300) * 2, lambda n: 0)
    add(
        'model="sparse",version="1"',
        before,
        lambda n: 7 + (n > at_start + 60) + (n > at_start + 61) + (n > 400),
        lambda n: 0,
    )
    add('model="nan",version="1"', before, lambda n: "NaN" if n == 300 else n, lambda n: 0)
    add('model="late",version="1"', before, lambda n: 9, lambda n: 0, -timedelta(minutes=30))
    add('model="late",version="1"', hour, lambda n: 500, lambda n: 0)
    earned = ["# TYPE earned counter"]
    for version, value in (("1", lambda n: 3 * n), ("2", lambda n: 4 * n + n % 4)):
        add(f'model="shop",version="{version}"', before, lambda n: 2 * n, lambda n: 0)
        labels = f'model="shop",version="{version}"'
        earned += [f"earned_total{{{labels}}} {value(n)} {at}" for n, at in scrapes()]
    buckets = ["# TYPE seconds histogram"]
    for bound, share in (("0.1", 6), ("0.5", 9), ("+Inf", 10)):
        buckets += [f'seconds_bucket{{model="churn",version="1",le="{bound}"}} {share * n} {at}' for n, at in scrapes()]
    return "\n".join([*lines["requests"], *lines["errors"], *earned, *buckets]) + "\n"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusLiveSource]:
    if not is_installed():
        pytest.skip("Prometheus is not installed (Debian's package is called prometheus)")
    with prometheus(tmp_path_factory.mktemp("prometheus"), samples()) as url:
        yield PrometheusLiveSource(url)


def test_counters_are_subtracted_and_those_of_new_and_gone_pods_count(source: PrometheusLiveSource) -> None:
    (counts,) = source.read([query()])
    assert counts.problem is None
    # Of each pod: 360 scrapes in the step, 119 of the one that is gone; the new one counts from 0.
    assert (counts.champion.requests, counts.champion.errors) == (10 * 360 + 119, 4)
    assert (counts.challenger.requests, counts.challenger.errors) == (5 + 359, 1)
    assert counts.newest_at == END


def test_after_a_restart_a_counter_counts_from_0_and_never_too_much(source: PrometheusLiveSource) -> None:
    (counts,) = source.read([query("restarted")])
    assert 2 * (360 - 2 * 2) <= counts.champion.requests <= 2 * 360


def test_sparse_counts_are_not_extrapolated(source: PrometheusLiveSource) -> None:
    (counts,) = source.read([query("sparse")])
    assert counts.champion.requests == 3


def test_a_counter_that_was_silent_when_the_step_began_does_not_count_what_was_before(
    source: PrometheusLiveSource,
) -> None:
    (counts,) = source.read([query("late")])
    assert counts.champion.requests == 0


def test_a_value_that_is_not_a_number_is_a_problem_of_its_model_only(source: PrometheusLiveSource) -> None:
    broken, fine = source.read([query("nan"), query()])
    assert "version 1: 'requests_total' has values that are negative or not finite" in (broken.problem or "")
    assert fine.problem is None


def test_latencies_are_as_slow_as_the_bound_of_their_bucket(source: PrometheusLiveSource) -> None:
    (counts,) = source.read([query(latency_bucket="seconds_bucket")])
    bounds = {100.0: 6 * 360, 500.0: 3 * 360, 550.0: 360}
    assert counts.champion.latencies == {latency_bucket(ms): rows for ms, rows in bounds.items()}


def test_a_value_of_the_users_own_is_compared_minute_by_minute(source: PrometheusLiveSource) -> None:
    (counts,) = source.read([query("shop", business_total="earned_total")])
    # Four requests a minute: 6 of the champion's value; of the challenger's 8, and 2 more or less in turn.
    assert counts.by_period.periods == 180
    assert counts.by_period.gain == pytest.approx(180 * (8 - 6) / 4)
    assert counts.by_period.gain_squares == pytest.approx(90 * (1.0**2 + 0.0**2))


def test_a_model_without_counters_has_no_counts(source: PrometheusLiveSource) -> None:
    assert source.read([query("unknown")]) == [LiveCounts()]


def matrix(*series: tuple[str, str, list[Any]], **more: Any) -> str:
    result = [
        {"metric": {"model": "churn", "version": v, "__name__": name}, "values": values} for name, v, values in series
    ]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}, **more})


AT = START.timestamp()


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (matrix(warnings=["partial"]), "partial"),
        (matrix(isPartial=True), "a part of the data only"),
        ("{", "unexpected format"),
        (matrix(("x", "1", [[AT, "1"], [AT + 60, "+Inf"]])), "negative or not finite"),
        (matrix(("x", "1", [[AT, "1"], [AT + 60, "-2"]])), "negative or not finite"),
        (matrix(("x", "1", [[AT, "1"], [AT + 60, True]])), "unexpected format"),
        (json.dumps({"status": "error", "error": "no"}), "error"),
    ],
)
def test_an_answer_that_is_not_whole_is_a_problem(answer: str, problem: str) -> None:
    with Answers(answer) as server:
        (counts,) = PrometheusLiveSource(server.url).read([query()])
    assert problem in (counts.problem or "")


def test_a_server_that_is_away_is_a_problem_of_its_models() -> None:
    with Answers("busy", 503) as server:
        sources = LiveSources({"prometheus": lambda: PrometheusLiveSource(server.url)})
        assert "503" in (sources.read([query()])[0].problem or "")


def test_many_models_take_few_queries() -> None:
    with Answers(matrix()) as server:
        counts = PrometheusLiveSource(server.url).read([query(f"m-{number}") for number in range(1000)])
    assert counts == [LiveCounts()] * 1000
    assert len(server.forms) == 2 * 1000 / MODELS_PER_QUERY
