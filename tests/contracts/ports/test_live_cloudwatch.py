"""LiveSource on CloudWatch, as emulated by moto, and on answers that must not be trusted."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auto_retrain.adapters.live.cloudwatch import CloudWatchLiveSource
from auto_retrain.domain.live import LiveCounts, LiveQuery, PeriodCounts, latency_bucket
from tests.aws_clients import aws_client
from tests.contracts.ports.logged import a_query, logged_policy

START = datetime(2026, 3, 1, 10, 30, 20, tzinfo=UTC)
END = datetime(2026, 3, 1, 14, 5, tzinfo=UTC)
REQUESTS = {"source": "cloudwatch", "business": "Revenue"}


BUSINESS = {"business_metric": {"enabled": True}}


def query(
    start: datetime = START, end: datetime = END, analysis: dict[str, Any] | None = None, **requests: Any
) -> LiveQuery:
    return a_query(logged_policy(requests={**REQUESTS, **requests}, analysis=analysis), start=start, end=end)


@pytest.fixture
def client(aws: None) -> Any:
    return aws_client("cloudwatch")


def put(client: Any, name: str, version: str, values: dict[datetime, float]) -> None:
    dimensions = [{"Name": "Model", "Value": "churn"}, {"Name": "Version", "Value": version}]
    data = [
        {"MetricName": name, "Dimensions": dimensions, "Timestamp": at, "Value": value} for at, value in values.items()
    ]
    client.put_metric_data(Namespace="AutoRetrain/Models", MetricData=data)


def test_requests_and_errors_since_the_step_began_are_summed_by_version(client: Any) -> None:
    minute, hour = timedelta(minutes=1), timedelta(hours=1)
    at = START.replace(second=0)
    # The minute in which the step began still has requests of the step before.
    put(client, "Requests", "1", {at: 1000, at + minute: 10, at + 20 * minute: 20, at + hour: 300, at + 2 * hour: 400})
    put(client, "Errors", "1", {at: 500, at + minute: 0, at + 20 * minute: 2, at + hour: 0, at + 2 * hour: 5})
    put(client, "Requests", "2", {at + hour: 7})
    put(client, "Errors", "2", {at + hour: 0})
    put(client, "Revenue", "2", {at + hour: 9.5, at + hour + minute: 0.5})
    put(client, "Requests", "3", {at + hour: 7})
    (counts,) = CloudWatchLiveSource(client).read([query()])
    assert counts.problem is None
    assert (counts.champion.requests, counts.champion.errors) == (730, 7)
    assert (counts.challenger.requests, counts.challenger.errors) == (7, 0)
    assert (counts.challenger.business, counts.challenger.business_rows) == (10.0, 2)


def test_a_value_of_the_users_own_is_compared_minute_by_minute_once_nothing_more_comes(client: Any) -> None:
    minutes = [START.replace(second=0) + timedelta(minutes=number) for number in range(1, 9)]
    for version, values in (("1", (4.0, 4.0, 4.0, 4.0)), ("2", (5.0, 7.0, 3.0, 9.0))):
        put(client, "Revenue", version, dict(zip(minutes, values, strict=False)))
        put(client, "Revenue", version, {minutes[0]: values[0], minutes[5]: 100.0, minutes[7]: 1e6})
    put(client, "Revenue", "1", {minutes[4]: 50.0})
    (counts,) = CloudWatchLiveSource(client).read([query(end=minutes[7], analysis=BUSINESS)])
    assert counts.by_period.changed(independence=1.0) == PeriodCounts(periods=4, gain=8, gain_squares=1 + 9 + 1 + 25)
    assert CloudWatchLiveSource(client).read([query(end=minutes[7])])[0].by_period == PeriodCounts()


@pytest.mark.parametrize(("days", "periods"), [(0.4, 570), (3, 431), (29, 695)])
def test_a_long_step_is_compared_in_longer_periods(days: float, periods: int) -> None:
    client = Canned(Requests=1.0, Errors=0.0, Revenue=2.0)
    (counts,) = CloudWatchLiveSource(client).read([query(end=START + timedelta(days=days), analysis=BUSINESS)])
    assert counts.by_period.periods == pytest.approx(periods, abs=5)
    assert counts.by_period.gain == 0


def test_a_thousand_models_with_a_value_take_few_more_calls() -> None:
    client = Canned()
    rollouts = [query(start=START + timedelta(minutes=number % 240), analysis=BUSINESS) for number in range(1000)]
    CloudWatchLiveSource(client).read(rollouts)
    assert len(client.calls) <= 37 + 8


def test_a_model_without_metrics_has_no_counts(client: Any) -> None:
    assert CloudWatchLiveSource(client).read([query()]) == [LiveCounts()]


class Canned:
    """A client that answers with a value for each period, after a test has spoiled the page, and counts calls."""

    def __init__(self, spoil: Any = lambda page: None, **values: float) -> None:
        self.calls: list[dict[str, Any]] = []
        self._spoil, self._values = spoil, values

    def get_metric_data(self, **request: Any) -> dict[str, Any]:
        self.calls.append(request)
        page = {"MetricDataResults": [self._result(part, request) for part in request["MetricDataQueries"]]}
        self._spoil(page)
        return page

    def _result(self, part: dict[str, Any], request: dict[str, Any]) -> dict[str, Any]:
        stat = part["MetricStat"]
        name = f"{stat['Metric']['MetricName']}_{stat['Stat'].replace('.', '_')}"
        value = self._values.get(name, self._values.get(stat["Metric"]["MetricName"]))
        moments = list(_periods(request["StartTime"], request["EndTime"], stat["Period"])) if value is not None else []
        return {"Id": part["Id"], "Timestamps": moments, "Values": [value] * len(moments), "StatusCode": "Complete"}


def _periods(at: datetime, end: datetime, period: int) -> Iterator[datetime]:
    while at < end:
        yield at
        at += timedelta(seconds=period)


LATENCIES = {
    "Latency_SampleCount": 100.0,
    "Latency_p50": 10.0,
    "Latency_p90": 20.0,
    "Latency_p95": 30.0,
    "Latency_p99": 40.0,
    "Latency_p99_9": 50.0,
    "Latency_Maximum": 60.0,
}


def test_latencies_are_known_at_their_quantiles() -> None:
    client = Canned(Requests=100.0, Errors=0.0, **LATENCIES)
    end = START.replace(minute=33, second=0)
    (counts,) = CloudWatchLiveSource(client).read([query(end=end, latency="Latency")])
    expected = {10: 100, 20: 80, 30: 10, 40: 8, 50: 2}
    assert counts.champion.requests == 200
    assert counts.champion.latencies == {latency_bucket(float(ms)): rows for ms, rows in expected.items()}


def test_counts_never_fall_while_a_step_goes_on() -> None:
    before = 0
    for minutes in range(1, 400, 7):
        end = START + timedelta(minutes=minutes)
        (counts,) = CloudWatchLiveSource(Canned(Requests=1.0, Errors=0.0)).read([query(end=end)])
        assert counts.champion.requests >= before
        before = counts.champion.requests


def test_a_thousand_models_take_few_calls() -> None:
    client = Canned()
    rollouts = [query(start=START + timedelta(minutes=number % 240)) for number in range(1000)]
    CloudWatchLiveSource(client).read(rollouts)
    assert all(len(call["MetricDataQueries"]) <= 500 for call in client.calls)
    assert len(client.calls) <= 37


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (
            lambda page: page["MetricDataResults"][0].update(StatusCode="PartialData"),
            "CloudWatch answered Part",
        ),
        (
            lambda page: page["MetricDataResults"][0].update(StatusCode="InternalError"),
            "answered InternalError",
        ),
        (lambda page: page["MetricDataResults"][1]["Timestamps"].clear(), "CloudWatch answered with"),
        (
            lambda page: page["MetricDataResults"][1].update(Timestamps=[], Values=[]),
            "publish 0 when there are no",
        ),
        (lambda page: page["MetricDataResults"][0].update(Values=[float("nan")] * 33), "negative or not finite"),
        (lambda page: page["MetricDataResults"][0].update(Values=[-1.0] * 33), "negative or not finite"),
        (lambda page: page["MetricDataResults"][1].update(Values=[9.0] * 33), "more 'Errors' than 'Requests'"),
        (lambda page: page.update(Messages=[{"Code": "C", "Value": "too much"}]), "too much"),
        (lambda page: page.update(NextToken="again"), "does not end"),
        (lambda page: page["MetricDataResults"][4].update(Timestamps=[], Values=[]), "'Latency' has no p90 at"),
    ],
)
def test_an_answer_that_is_not_whole_is_a_problem_and_never_zero(spoil: Any, problem: str) -> None:
    client = Canned(spoil, Requests=1.0, Errors=0.0, **LATENCIES)
    end = START.replace(minute=33, second=0)
    (counts,) = CloudWatchLiveSource(client).read([query(end=end, latency="Latency", business=None)])
    assert problem in (counts.problem or "")
    assert counts.champion.requests == 0


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda result: result.update(StatusCode="PartialData"), "'Revenue': CloudWatch answered PartialData"),
        (lambda result: result.update(Values=[float("inf")] * len(result["Values"])), "'Revenue': it has values"),
    ],
    ids=["partial", "infinite"],
)
def test_periods_that_are_not_whole_are_a_problem(spoil: Any, problem: str) -> None:
    def spoiled(page: dict[str, Any]) -> None:
        for result in page["MetricDataResults"]:
            if result["Id"].startswith("periods_"):
                spoil(result)

    client = Canned(spoiled, Requests=1.0, Errors=0.0, Revenue=2.0)
    (counts,) = CloudWatchLiveSource(client).read([query(analysis=BUSINESS)])
    assert problem in (counts.problem or "")
