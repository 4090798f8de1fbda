"""MetricSource on CloudWatch: exact means, few calls, and no value from an incomplete answer."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auto_retrain.adapters.metrics.cloudwatch import CloudWatchMetricSource
from auto_retrain.domain.errors import AwsRefused, MetricsUnavailable
from auto_retrain.domain.metric_reading import MetricQuery
from auto_retrain.domain.policy.metric import CloudWatchMetric
from tests.aws_clients import aws_client

END = datetime(2026, 3, 1, tzinfo=UTC)


def query(model: str = "churn", days: int = 30, counts_rows: bool = True, **metric_fields: Any) -> MetricQuery:
    metric = CloudWatchMetric(counts_rows=counts_rows, **metric_fields)
    return MetricQuery(model_name=model, metric=metric, start=END - timedelta(days=days), end=END)


def publish(client: Any, day: datetime, value: float, model: str, version: str) -> None:
    dimensions = [{"Name": "Model", "Value": model}, {"Name": "Version", "Value": version}]
    datum = {"MetricName": "accuracy", "Dimensions": dimensions, "Timestamp": day, "Value": value}
    client.put_metric_data(Namespace="AutoRetrain/Models", MetricData=[datum])


def test_a_metric_that_was_never_published_has_no_value(aws: None) -> None:
    reading = CloudWatchMetricSource(aws_client("cloudwatch")).read([query()])[0]
    assert (reading.value, reading.rows, reading.problem) == (None, None, None)


def test_a_version_is_read_from_its_own_dimension(aws: None) -> None:
    client = aws_client("cloudwatch")
    for day in (END - timedelta(days=2), END - timedelta(days=1)):
        publish(client, day, 0.7, "churn", "1")
        publish(client, day, 0.9, "churn", "2")
        publish(client, day, 0.5, "fraud", "2")
    asked = query(counts_rows=False, version_dimension="Version")
    queries = [asked._replace(version=version) for version in ("1", "2", "3")]
    readings = CloudWatchMetricSource(client).read(queries)
    assert [reading.value for reading in readings] == [pytest.approx(0.7), pytest.approx(0.9), None]


class Answering:
    """A client that returns prepared pages and keeps the requests."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        self.pages, self.requests = list(pages), []

    def get_metric_data(self, **request: Any) -> dict[str, Any]:
        self.requests.append(request)
        return self.pages.pop(0) if self.pages else {"MetricDataResults": []}


def series(name: str, values: list[float], status: str = "Complete") -> dict[str, Any]:
    """One day for each value, the last of them the day before the window's end."""
    days = [END - timedelta(days=back) for back in range(len(values), 0, -1)]
    return {"Id": name, "Timestamps": days, "Values": values, "StatusCode": status}


def page(total: list[float], count: list[float], status: str = "Complete", **more: Any) -> dict[str, Any]:
    return {"MetricDataResults": [series("sum0", total, status), series("samplecount0", count, status)], **more}


def test_days_are_weighted_by_their_rows() -> None:
    reading = CloudWatchMetricSource(Answering(page([90, 400], [100, 500]))).read([query()])[0]
    assert (reading.value, reading.rows) == (490 / 600, 600)


def test_samples_that_are_not_rows_are_not_counted_as_rows() -> None:
    reading = CloudWatchMetricSource(Answering(page([0.9, 0.8], [1, 1]))).read([query(counts_rows=False)])[0]
    assert reading.value == pytest.approx(0.85)
    assert reading.rows is None


def test_the_pages_of_an_answer_are_combined() -> None:
    first = {
        "MetricDataResults": [series("sum0", [90, 0], "PartialData"), series("samplecount0", [100, 0], "PartialData")]
    }
    for result in first["MetricDataResults"]:
        result["Timestamps"], result["Values"] = result["Timestamps"][:1], result["Values"][:1]
    client = Answering({**first, "NextToken": "more"}, page([80], [100]))
    reading = CloudWatchMetricSource(client).read([query()])[0]
    assert (reading.value, reading.rows, reading.problem) == (0.85, 200, None)
    assert client.requests[1]["NextToken"] == "more"


def test_a_reading_has_the_number_of_points_and_the_time_of_the_newest() -> None:
    reading = CloudWatchMetricSource(Answering(page([90, 80, 70], [100, 100, 100]))).read([query()])[0]
    assert (reading.points, reading.newest_at) == (3, END)


@pytest.mark.parametrize(("aggregation", "value", "rows"), [("mean", 0.8, 300), ("latest", 0.7, 100)])
def test_days_are_aggregated_as_the_policy_says(aggregation: str, value: float, rows: int) -> None:
    client = Answering(page([90, 80, 70], [100, 100, 100]))
    reading = CloudWatchMetricSource(client).read([query(aggregation=aggregation)])[0]
    assert (reading.value, reading.rows) == (pytest.approx(value), rows)


@pytest.mark.parametrize(("aggregation", "value"), [("minimum", 0.7), ("maximum", 0.9)])
def test_an_extreme_needs_one_statistic_and_counts_no_rows(aggregation: str, value: float) -> None:
    client = Answering({"MetricDataResults": [series(f"{aggregation}0", [0.9, 0.8, 0.7])]})
    reading = CloudWatchMetricSource(client).read([query(aggregation=aggregation)])[0]
    assert (reading.value, reading.rows) == (value, None)
    assert len(client.requests[0]["MetricDataQueries"]) == 1


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_value_that_is_not_finite_is_a_problem(bad: float) -> None:
    reading = CloudWatchMetricSource(Answering(page([90, bad], [100, 100]))).read([query()])[0]
    assert (reading.value, reading.problem) == (None, "it has values that are not finite numbers of at most 1e+100")


def test_the_share_of_labels_is_read_with_the_metric() -> None:
    answer = page([90], [100])
    answer["MetricDataResults"].append(series("labels0", [1.0, 0.5]))
    client = Answering(answer)
    reading = CloudWatchMetricSource(client).read([query(label_share="labelled", dimensions={"Stage": "prod"})])[0]
    assert reading.label_share == 0.75
    labels = client.requests[0]["MetricDataQueries"][2]["MetricStat"]
    assert (labels["Metric"]["MetricName"], labels["Stat"]) == ("labelled", "Average")
    assert {"Name": "Stage", "Value": "prod"} in labels["Metric"]["Dimensions"]


@pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden"])
def test_an_answer_that_stays_incomplete_is_a_problem(status: str) -> None:
    reading = CloudWatchMetricSource(Answering(page([90], [100], status))).read([query()])[0]
    assert reading.problem == f"CloudWatch answered {status}"


def test_a_warning_is_a_problem() -> None:
    answer = page([90], [100])
    answer["MetricDataResults"][0]["Messages"] = [{"Code": "x", "Value": "data may be late"}]
    assert CloudWatchMetricSource(Answering(answer)).read([query()])[0].problem == "data may be late"


def test_a_thousand_models_take_four_calls() -> None:
    client = Answering()
    readings = CloudWatchMetricSource(client).read([query(f"gl-{number}") for number in range(1000)])
    assert len(readings) == 1000
    assert len(client.requests) == 4
    assert all(len(request["MetricDataQueries"]) <= 500 for request in client.requests)


def test_models_with_different_windows_are_read_separately() -> None:
    client = Answering()
    CloudWatchMetricSource(client).read([query("a", days=30), query("b", days=7)])
    assert [request["EndTime"] - request["StartTime"] for request in client.requests] == [
        timedelta(days=30),
        timedelta(days=7),
    ]


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("Throttling", 400, MetricsUnavailable),
        ("InternalFailure", 500, MetricsUnavailable),
        ("AccessDenied", 403, AwsRefused),
    ],
)
def test_transient_and_permanent_errors_are_distinguished(code: str, status: int, expected: type[Exception]) -> None:
    client = aws_client("cloudwatch")
    metadata = {"HTTPStatusCode": status}
    error = client.exceptions.ClientError({"Error": {"Code": code}, "ResponseMetadata": metadata}, "GetMetricData")

    class Failing:
        def get_metric_data(self, **_: Any) -> None:
            raise error

    with pytest.raises(expected, match=code):
        CloudWatchMetricSource(Failing()).read([query()])
