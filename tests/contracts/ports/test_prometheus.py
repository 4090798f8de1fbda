"""MetricSource on a real Prometheus server, and on answers that must not be trusted."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.session import Session

from auto_retrain.adapters.memory.outside import MemoryMetricSource
from auto_retrain.adapters.metrics.prometheus import PrometheusMetricSource
from auto_retrain.adapters.metrics.sigv4 import sign_request
from auto_retrain.adapters.metrics.sources import NOT_CONFIGURED, MetricSources
from auto_retrain.domain.errors import MetricsUnavailable, SettingInvalid
from auto_retrain.domain.metric_reading import MetricQuery, MetricReading
from auto_retrain.domain.policy.metric import CloudWatchMetric, PrometheusMetric
from tests.contracts.ports.prometheus_server import Answers, is_installed, prometheus

END = datetime(2026, 3, 1, tzinfo=UTC)
COUNTERS = {"correct_total": "right_total", "labelled_total": "labelled_total"}
STEP = timedelta(minutes=5)


def query(model: str = "churn", hours: int = 24, **metric: Any) -> MetricQuery:
    fields = {"source": "prometheus", "gauge": "accuracy", **metric}
    if "correct_total" in metric:
        del fields["gauge"]
    validated = PrometheusMetric.model_validate(fields)
    return MetricQuery(model_name=model, metric=validated, start=END - timedelta(hours=hours), end=END)


def timestamps(hours: int = 30) -> Iterator[tuple[int, float]]:
    steps = int(timedelta(hours=hours) / STEP)
    for number in range(steps + 1):
        yield number, (END - (steps - number) * STEP).timestamp()


def samples() -> str:
    """More than a day of samples every five minutes: healthy, restarted, not a number, and one that fell silent."""
    lines = ["# TYPE accuracy gauge"]
    for number, at in timestamps():
        lines.append(f'accuracy{{model="churn",pod="a"}} {0.9 if number % 2 else 0.8} {at}')
        lines.append(f'accuracy{{model="churn",pod="b"}} 0.95 {at}')
        lines.append(f'accuracy{{model="nan"}} {"NaN" if number == 300 else 0.9} {at}')
        if at < (END - timedelta(hours=12)).timestamp():
            lines.append(f'accuracy{{model="silent"}} 0.97 {at}')
        lines.append(f'accuracy{{model="quoted",stage="a\\"b\\\\c"}} 0.5 {at}')
        lines.append(f'accuracy{{model="twins",version="1"}} 0.7 {at}')
        lines.append(f'accuracy{{model="twins",version="2",pod="a"}} 0.9 {at}')
        lines.append(f'accuracy{{model="twins",version="2",pod="b"}} 0.8 {at}')
    lines.append("# TYPE labels gauge")
    lines += [f'labels{{model="churn"}} 0.75 {at}' for _, at in timestamps()]
    for name, share in (("right", 0.9), ("labelled", 1.0)):
        lines.append(f"# TYPE {name} counter")
        for number, at in timestamps():
            lines.append(f'{name}_total{{model="churn"}} {number * 10 * share} {at}')
        for number, at in timestamps():
            # The process was restarted in the middle, which reset its counters.
            lines.append(f'{name}_total{{model="restarted"}} {(number % 180) * 10 * share} {at}')
        for number, at in timestamps():
            # Many counters are not there before something is counted.
            if name == "labelled" or at > (END - timedelta(hours=12)).timestamp():
                lines.append(f'{name}_total{{model="late"}} {number * 10 * share} {at}')
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusMetricSource]:
    if not is_installed():
        pytest.skip("Prometheus is not installed (Debian's package is called prometheus)")
    with prometheus(tmp_path_factory.mktemp("prometheus"), samples()) as url:
        yield PrometheusMetricSource(url)


def read(source: PrometheusMetricSource, model: str = "churn", **metric: Any) -> MetricReading:
    return source.read([query(model, **metric)])[0]


def test_a_gauge_is_averaged_over_time_and_instances(source: PrometheusMetricSource) -> None:
    reading = read(source)
    assert reading.value == pytest.approx((0.85 + 0.95) / 2, abs=0.005)
    assert (reading.points, reading.rows, reading.newest_at, reading.problem) == (24, None, END, None)


def test_the_instances_of_one_version_are_averaged_without_those_of_another(source: PrometheusMetricSource) -> None:
    asked = [query("twins", version_label="version")._replace(version=version) for version in ("1", "2", "3")]
    values = [reading.value for reading in source.read(asked)]
    assert values == [pytest.approx(0.7), pytest.approx(0.85), None]


@pytest.mark.parametrize(("aggregation", "value"), [("minimum", 0.8), ("maximum", 0.95), ("latest", 0.875)])
def test_a_gauge_is_aggregated_as_the_policy_says(
    source: PrometheusMetricSource, aggregation: str, value: float
) -> None:
    assert read(source, aggregation=aggregation).value == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("model", ["churn", "restarted"])
def test_counters_give_accuracy_and_rows_even_across_a_restart(source: PrometheusMetricSource, model: str) -> None:
    reading = read(source, model, **COUNTERS)
    assert reading.value == pytest.approx(0.9, abs=1e-3)
    assert reading.rows == pytest.approx(24 * 12 * 10, rel=0.01)
    assert reading.points == 24


def test_labelled_rows_before_any_right_one_was_counted_are_unknown(source: PrometheusMetricSource) -> None:
    reading = read(source, "late", **COUNTERS)
    assert reading.value == pytest.approx(0.9, abs=0.01)
    assert (reading.rows, reading.unknown_rows) == (pytest.approx(1440, rel=0.01), pytest.approx(1440, rel=0.01))


def test_the_share_of_labels_is_read_with_the_metric(source: PrometheusMetricSource) -> None:
    assert read(source, label_share="labels").label_share == pytest.approx(0.75)
    assert read(source, "silent", label_share="labels").label_share is None


def test_a_series_that_fell_silent_shows_how_old_its_newest_point_is(source: PrometheusMetricSource) -> None:
    reading = read(source, "silent")
    assert reading.value == pytest.approx(0.97)
    assert reading.newest_at == END - timedelta(hours=12)


def test_a_value_that_is_not_finite_is_a_problem(source: PrometheusMetricSource) -> None:
    reading = read(source, "nan")
    assert (reading.value, reading.problem) == (None, "it has values that are not finite numbers of at most 1e+100")


@pytest.mark.parametrize("metric", [{}, {"gauge": "nothing_of_that_name"}, {"labels": {"pod": "c"}}])
def test_a_metric_that_was_never_published_has_no_value(source: PrometheusMetricSource, metric: dict[str, Any]) -> None:
    reading = read(source, "churn" if metric else "nobody", **metric)
    assert (reading.value, reading.points, reading.problem) == (None, 0, None)


def test_a_label_may_hold_anything_and_is_compared_literally(source: PrometheusMetricSource) -> None:
    assert read(source, "quoted", labels={"stage": 'a"b\\c'}).value == pytest.approx(0.5)
    assert read(source, "quoted", labels={"stage": '"} or up{a="'}).value is None


def test_many_models_take_one_request_and_keep_their_order(source: PrometheusMetricSource) -> None:
    models = ["silent", "nobody", "churn"]
    readings = source.read([query(model) for model in models])
    assert [reading.points for reading in readings] == [12, 0, 24]


def test_a_query_that_the_server_refuses_is_a_problem_of_its_own_models_alone(source: PrometheusMetricSource) -> None:
    broken = query()._replace(metric=query().metric.model_copy(update={"gauge": "not a name"}))
    refused, healthy = source.read([broken, query()])
    assert refused.problem is not None
    assert refused.problem.startswith("Prometheus answered 400")
    assert "parse error" in refused.problem
    assert healthy.problem is None


def answer(result: Any = (), kind: str = "matrix", **more: Any) -> str:
    return json.dumps({"status": "success", "data": {"resultType": kind, "result": list(result)}, **more})


GOOD = {"metric": {"model": "churn"}, "values": [[END.timestamp(), "0.9"]]}


def test_a_request_covers_five_hundred_models() -> None:
    with Answers(answer()) as server:
        PrometheusMetricSource(server.url).read([query(f"gl-{number:04}") for number in range(1001)])
    assert [len(form["query"].split("|")) for form in server.forms] == [500, 500, 1]
    assert server.forms[2]["query"] == 'avg by (model) (avg_over_time(accuracy{model=~"gl-1000"}[3600s]))'


def test_a_complete_answer_is_trusted_and_one_with_a_warning_is_not() -> None:
    with Answers(answer([GOOD])) as server:
        assert read(PrometheusMetricSource(server.url)).value == 0.9
    with Answers(answer([GOOD], warnings=["a shard did not answer"])) as server:
        reading = read(PrometheusMetricSource(server.url))
    assert (reading.value, reading.problem) == (None, "a shard did not answer")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (answer([], "vector"), "a vector instead of a matrix"),
        ("<html>please log in</html>", "in an unexpected format"),
        ("[]", "in an unexpected format"),
        ('{"status": "success"}', "in an unexpected format"),
        (answer([{"metric": {"model": "churn"}, "values": [["x", "y"]]}]), "in an unexpected format"),
        (answer([{**GOOD, "values": [[1, "+Inf"]]}]), "it has values that are not finite numbers of at most 1e+100"),
        (b"\xff\xfe", "in an unexpected format"),
    ],
)
def test_an_invalid_answer_is_never_read_as_a_healthy_model(body: str | bytes, problem: str) -> None:
    with Answers(body) as server:
        reading = read(PrometheusMetricSource(server.url))
    assert reading.value is None
    assert problem in (reading.problem or "")


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 404, 422])
def test_a_refusal_is_a_problem_and_a_redirect_is_not_followed(status: int) -> None:
    with Answers('{"error": "no"}', status, {"Location": "http://127.0.0.1:1/"}) as server:
        assert read(PrometheusMetricSource(server.url)).problem == f"Prometheus answered {status}: no"
    assert len(server.forms) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_or_failing_server_is_a_transient_error(status: int) -> None:
    with Answers("busy", status) as server, pytest.raises(MetricsUnavailable, match=f"answered {status}: busy"):
        read(PrometheusMetricSource(server.url))


def test_an_unreachable_server_is_a_transient_error() -> None:
    with pytest.raises(MetricsUnavailable, match="did not answer"):
        read(PrometheusMetricSource("http://127.0.0.1:1"))


def test_an_answer_beyond_the_size_limit_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auto_retrain.adapters.http.MAX_ANSWER_BYTES", 1000)
    with Answers(b"x" * 200_000) as server, pytest.raises(MetricsUnavailable, match="more than 1000 bytes"):
        read(PrometheusMetricSource(server.url))


def test_more_steps_than_a_server_returns_are_a_problem() -> None:
    reading = PrometheusMetricSource("http://127.0.0.1:1").read([query(hours=24 * 30, step_minutes=1)])[0]
    assert reading.problem == "the window has more than 11000 steps of 1 minutes"


@pytest.mark.parametrize(
    "url", ["", "prometheus:9090", "ftp://example.com", "file:///etc/passwd", "http://", "http://me:secret@example.com"]
)
def test_an_invalid_address_or_one_with_credentials_is_refused(url: str) -> None:
    with pytest.raises(SettingInvalid, match="PROMETHEUS_URL"):
        PrometheusMetricSource(url)


def test_the_error_about_an_address_does_not_quote_its_password() -> None:
    with pytest.raises(SettingInvalid, match=r"http://\*\*\*@example\.com") as caught:
        PrometheusMetricSource("http://me:canary@example.com")
    assert "canary" not in str(caught.value)


def test_requests_are_signed_only_for_an_address_with_tls() -> None:
    assert PrometheusMetricSource("http://prometheus.example")
    with pytest.raises(SettingInvalid, match=r"must be an https address .*, because its requests are signed"):
        PrometheusMetricSource("http://prometheus.example", partial(sign_request, Session()))


def test_a_signed_request_carries_the_signature_that_botocore_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "ACCESS_KEY_ID": "key",
        "SECRET_ACCESS_KEY": "secret",
        "DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with Answers(answer([GOOD])) as server:
        read(PrometheusMetricSource(server.url, partial(sign_request, Session())))
    headers, body = server.headers[0], server.bodies[0]
    request = AWSRequest("POST", f"{server.url}/api/v1/query_range", data=body)
    request.headers["Content-Type"] = headers["Content-Type"]
    request.context["timestamp"] = headers["X-Amz-Date"]
    request.headers["X-Amz-Date"] = headers["X-Amz-Date"]
    request.headers["Host"] = urlsplit(server.url).netloc
    signer = SigV4Auth(Credentials("key", "secret"), "aps", "eu-central-1")
    signature = signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request)
    assert "/eu-central-1/aps/aws4_request" in headers["Authorization"]
    assert headers["Authorization"].endswith(f"Signature={signature}")


def test_each_query_goes_to_its_own_source() -> None:
    cloudwatch = MemoryMetricSource()
    cloudwatch.readings["churn"] = MetricReading(value=0.5)
    here = MetricQuery(model_name="churn", metric=CloudWatchMetric(), start=END, end=END)
    with Answers(answer([GOOD])) as server:
        sources = MetricSources(
            {"cloudwatch": lambda: cloudwatch, "prometheus": lambda: PrometheusMetricSource(server.url)}
        )
        assert [reading.value for reading in sources.read([query(), here, query()])] == [0.9, 0.5, 0.9]


def test_without_a_prometheus_only_models_that_need_it_cannot_be_judged() -> None:
    cloudwatch = MemoryMetricSource()
    cloudwatch.readings["churn"] = MetricReading(value=0.5)
    here = MetricQuery(model_name="churn", metric=CloudWatchMetric(), start=END, end=END)
    readings = MetricSources({"cloudwatch": lambda: cloudwatch, "prometheus": lambda: None}).read([query(), here])
    assert (readings[0].problem, readings[1].value) == (NOT_CONFIGURED, 0.5)


@pytest.mark.parametrize("at", ["1e400", "-1e20", "1e15", "NaN", "null", '"x"', "[]"])
def test_a_time_stamp_outside_of_the_calendar_is_a_problem(at: str) -> None:
    result = f'{{"metric": {{"Model": "churn"}}, "values": [[{at}, "0.9"]]}}'
    content = f'{{"status": "success", "data": {{"resultType": "matrix", "result": [{result}]}}}}'
    with Answers(content) as server:
        reading = read(PrometheusMetricSource(server.url))
    assert reading.value is None
    assert "unexpected format" in (reading.problem or "")


def test_values_whose_sum_is_not_finite_are_a_problem() -> None:
    values = ", ".join(f'[{1767225600 + step}, "1e308"]' for step in (0, 60))
    result = f'{{"metric": {{"Model": "churn", "model": "churn"}}, "values": [{values}]}}'
    content = f'{{"status": "success", "data": {{"resultType": "matrix", "result": [{result}]}}}}'
    with Answers(content) as server:
        reading = read(PrometheusMetricSource(server.url))
    assert reading.value is None
    assert "not finite" in (reading.problem or "")
