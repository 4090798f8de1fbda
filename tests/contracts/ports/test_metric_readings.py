"""The same points give the same reading, whatever the source; one that is not whole or not possible is no health."""

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from auto_retrain.domain.metric_reading import MetricReading
from auto_retrain.domain.verdict import Outcome, Verdict
from auto_retrain.triggers.performance_degradation import judge_performance
from tests.contracts.ports.metric_answers import (
    DAY,
    DAYS,
    END,
    CloudWatch,
    Days,
    Memory,
    Prometheus,
    Published,
    Spoil,
)

NONE = [None] * DAYS
ROWS = [100.0] * DAYS
LABELLED = [1.0] * DAYS
SOURCES = {"cloudwatch": CloudWatch(), "prometheus": Prometheus()}


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest) -> Published:
    return SOURCES[request.param]


def counted(
    source: Published, right: Days, rows: Days = ROWS, shares: Days = LABELLED, spoil: Spoil = lambda _: None
) -> tuple[MetricReading, Verdict]:
    policy = source.policy(counts_rows=True)
    reading = source.read({"churn": {"values": right, "rows": rows, "shares": shares}}, policy, spoil)["churn"]
    return reading, judge_performance(policy, reading, END)


def published(
    source: Published, values: Days, spoil: Spoil = lambda _: None, **sections: Any
) -> tuple[MetricReading, Verdict]:
    policy = source.policy(counts_rows=False, **sections)
    reading = source.read({"churn": {"values": values, "shares": LABELLED}}, policy, spoil)["churn"]
    return reading, judge_performance(policy, reading, END)


def test_rows_are_counted(source: Published) -> None:
    reading, verdict = counted(source, [95.0] * 10 + [85.0] * 10, [100.0] * 10 + [90.0] * 10)
    assert (reading.value, reading.rows, reading.points) == (1800 / 1900, 1900, 20)
    assert (reading.newest_at, reading.label_share, reading.problem) == (END, 1.0, None)
    assert verdict.outcome is Outcome.UNMET


def test_values_are_averaged(source: Published) -> None:
    reading, verdict = published(source, [0.9, 0.95] * 10)
    assert (reading.value, reading.rows, reading.points) == (pytest.approx(0.925), None, 20)
    assert reading.least_and_greatest == (0.9, 0.95)
    assert verdict.outcome is Outcome.UNMET


def test_each_day_keeps_its_number_where_others_have_no_value(source: Published) -> None:
    reading, _ = published(source, [None, 0.9, None, *[0.8] * (DAYS - 3)])
    first = reading.day_numbers[0]
    assert reading.day_numbers == (first, *range(first + 2, first + DAYS - 1))
    assert [value for value, _ in reading.by_day] == pytest.approx([0.9, *[0.8] * (DAYS - 3)])


@pytest.mark.parametrize("name", [*SOURCES, "memory"])
def test_the_reading_is_that_of_the_version_that_is_asked_about(name: str) -> None:
    source = {**SOURCES, "memory": Memory()}[name]
    averages = {("churn", "1"): [0.8] * DAYS, ("churn", "2"): [0.9] * 3, ("fraud", "1"): [0.7] * DAYS}
    readings = source.read_versions(averages, {"churn": "2", "fraud": "1", "spam": "1"})
    assert (readings["churn"].value, readings["churn"].points) == (pytest.approx(0.9), 3)
    assert (readings["fraud"].value, readings["fraud"].points) == (pytest.approx(0.7), DAYS)
    assert (readings["spam"].value, readings["spam"].points) == (None, 0)


@pytest.mark.parametrize("name", [*SOURCES, "memory"])
def test_a_version_without_points_has_no_reading_whatever_the_others_have(name: str) -> None:
    source = {**SOURCES, "memory": Memory()}[name]
    reading = source.read_versions({("churn", "1"): [0.8] * DAYS}, {"churn": "2"})["churn"]
    assert (reading.value, reading.points, reading.problem) == (None, 0, None)


def test_nothing_published_is_nothing_known(source: Published) -> None:
    for reading, verdict in (counted(source, NONE, NONE, NONE), published(source, NONE)):
        assert (reading.value, reading.points, reading.problem) == (None, 0, None)
        assert verdict.reason == "no accuracy was published in the window"


def test_a_day_without_rows_says_nothing(source: Published) -> None:
    reading, _ = counted(source, [95.0] * 10 + [0.0] * 10, [100.0] * 10 + [0.0] * 10)
    assert (reading.value, reading.rows, reading.points) == (0.95, 1000, 10)
    assert reading.newest_at == END - 10 * DAY


def test_labelled_rows_of_which_nothing_says_how_many_are_right_may_all_be_wrong(source: Published) -> None:
    reading, verdict = counted(source, [None] * 10 + [95.0] * 10)
    assert (reading.value, reading.rows, reading.unknown_rows) == (0.95, 1000, 1000)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == (
        "accuracy 0.4750 may also be 0.9750: for 1000 of 2000 labelled rows nothing says how many of them are right"
    )


@pytest.mark.parametrize(("right", "outcome"), [(98.0, Outcome.UNMET), (70.0, Outcome.MET)])
def test_a_few_rows_of_which_nothing_is_known_do_not_silence_the_others(
    source: Published, right: float, outcome: Outcome
) -> None:
    assert counted(source, [None] + [right] * 19)[1].outcome is outcome


def test_where_no_right_row_is_counted_at_all_nothing_is_known(source: Published) -> None:
    reading, verdict = counted(source, NONE)
    assert reading.value is None
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reason == "the metric is unreliable: nothing says how many of 2000 labelled rows are right"


def test_no_right_row_among_labelled_ones_is_an_accuracy_of_zero(source: Published) -> None:
    reading, verdict = counted(source, [0.0] * DAYS)
    assert (reading.value, verdict.outcome) == (0.0, Outcome.MET)


IMPOSSIBLE: list[tuple[Days, Days, str]] = [
    ([110.0] * DAYS, ROWS, "counts 200 right rows more than labelled ones, of which there are 2000"),
    ([9500.0] * DAYS, ROWS, "right rows more than labelled ones"),
    ([95.0] * DAYS, [100.0] * 10 + [None] * 10, "counts 950 right rows more than labelled ones"),
    ([95.0] * DAYS, [*ROWS[:10], *[10.0] * 10], "counts 850 right rows more than labelled ones"),
    ([95.0] * DAYS, NONE, "right rows more than labelled ones, of which there are 0"),
    ([95.0] * DAYS, [-100.0, *ROWS[1:]], "negative counts"),
    ([-95.0] + [95.0] * 19, ROWS, "negative counts of right rows"),
    ([float("nan")] + [95.0] * 19, ROWS, "not finite"),
    ([95.0] * DAYS, [float("inf"), *ROWS[1:]], "not finite"),
    ([95.0] * DAYS, [1e308] * DAYS, "not finite numbers of at most 1e+100"),
]


@pytest.mark.parametrize(("right", "rows", "problem"), IMPOSSIBLE)
def test_counts_that_are_not_possible_are_a_problem(source: Published, right: Days, rows: Days, problem: str) -> None:
    reading, verdict = counted(source, right, rows)
    assert reading.value is None
    assert problem in (reading.problem or "")
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert problem in verdict.reason


def test_only_a_server_that_extrapolates_may_count_slightly_too_many_right_rows() -> None:
    assert counted(SOURCES["prometheus"], [103.0] * DAYS)[0].value == 1.0
    assert counted(SOURCES["cloudwatch"], [103.0] * DAYS)[0].value is None


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([95.0] * DAYS, "accuracy 95 is not between 0 and 1; is it in percent? Publish 0.95"),
        ([0.95] * 19 + [1.3], "a data point of accuracy is 1.3, which is not between 0 and 1"),
        ([0.95] * 19 + [-0.5], "a data point of accuracy is -0.5, which is not between 0 and 1"),
        ([float("nan")] + [0.95] * 19, "not finite"),
    ],
)
def test_a_share_that_no_share_can_have_is_no_health(source: Published, values: Days, reason: str) -> None:
    verdict = published(source, values)[1]
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert reason in verdict.reason


def test_a_number_may_be_in_percent(source: Published) -> None:
    number = {"performance_metric_scale": "number", "performance_metric_threshold": 92}
    assert published(source, [95.0] * DAYS, triggers=number)[1].outcome is Outcome.UNMET


@pytest.mark.parametrize(
    ("shares", "share"),
    [([1.0] * 10 + [None] * 10, 0.5), ([1.0] * 19 + [0.0], 0.95), ([1.0] * 19 + [None], 0.95), (NONE, None)],
)
def test_a_day_without_a_share_of_labels_counts_as_one_without_labels(
    source: Published, shares: Days, share: float | None
) -> None:
    reading, verdict = counted(source, [95.0] * DAYS, shares=shares)
    assert reading.label_share == (share and pytest.approx(share))
    assert verdict.outcome is (Outcome.UNMET if share and share > 0.9 else Outcome.INCONCLUSIVE)


@pytest.mark.parametrize("share", [100.0, 1.01, -0.5, float("nan")])
def test_more_labels_than_rows_are_a_problem(source: Published, share: float) -> None:
    verdict = counted(source, [95.0] * DAYS, shares=[share] + [1.0] * 19)[1]
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "the metric is unreliable" in verdict.reason


@pytest.mark.parametrize("days", [31, 45, -2])
def test_values_outside_of_the_window_are_a_problem(source: Published, days: int) -> None:
    def move(answer: Any) -> None:
        moments = _times(answer)
        moments[0] = END - days * DAY

    reading, verdict = published(source, [0.95] * DAYS, move)
    assert "it has values outside of the window, such as from" in (reading.problem or "")
    assert verdict.outcome is Outcome.INCONCLUSIVE


def _times(answer: Any) -> Any:
    """The times of the first series of an answer, as a list that can be changed."""
    if "MetricDataResults" in answer:
        return answer["MetricDataResults"][0]["Timestamps"]
    return _Moments(answer["data"]["result"][0]["values"])


class _Moments:
    def __init__(self, values: list[list[Any]]) -> None:
        self._values = values

    def __getitem__(self, number: int) -> Any:
        return self._values[number][0]

    def __setitem__(self, number: int, moment: Any) -> None:
        is_time = not isinstance(moment, (int, float))
        self._values[number][0] = (moment + DAY).timestamp() if is_time else moment


def test_two_values_for_one_time_are_a_problem(source: Published) -> None:
    def repeat(answer: Any) -> None:
        moments = _times(answer)
        moments[1] = moments[0]

    reading, verdict = published(source, [0.95] * DAYS, repeat)
    assert reading.problem is not None
    assert reading.problem.startswith("it has several values for the same time")
    assert verdict.outcome is Outcome.INCONCLUSIVE


def test_the_bad_answer_about_one_model_does_not_spoil_that_about_another(source: Published) -> None:
    policy = source.policy(counts_rows=True)
    good = {"values": [95.0] * DAYS, "rows": ROWS, "shares": LABELLED}
    models = {
        "good": good,
        "nan": {**good, "values": [float("nan")] * DAYS},
        "excess": {**good, "rows": [50.0] * DAYS},
        "late": {**good, "shares": [100.0] * DAYS},
        "silent": dict.fromkeys(good, NONE),
    }
    readings = source.read(models, policy)
    assert [name for name, reading in readings.items() if reading.value is not None] == ["good"]
    assert readings["good"] == source.read({"good": good}, policy)["good"]
    assert readings["silent"].problem is None


# What an answer of CloudWatch says beside its values, and an answer of Prometheus, or of a server with its interface.
BESIDE = [
    ("cloudwatch", {"Messages": [{"Code": "MaxMetricsExceeded", "Value": "too many metrics"}]}, "too many metrics"),
    ("cloudwatch", {"Messages": [{"Code": "MaxMetricsExceeded"}]}, "MaxMetricsExceeded"),
    ("cloudwatch", {"NextToken": "again"}, "CloudWatch's answer does not end"),
    ("prometheus", {"isPartial": True}, "Prometheus answered with a part of the data only"),
    ("prometheus", {"is_partial": "true"}, "a part of the data only"),
    ("prometheus", {"partialResponse": True}, "a part of the data only"),
    ("prometheus", {"partial_response": 1}, "a part of the data only"),
    ("prometheus", {"warnings": ["a store did not answer"]}, "a store did not answer"),
    ("prometheus", {"warnings": "a store did not answer"}, "a store did not answer"),
    ("prometheus", {"infos": ["metric might not be a counter"]}, "metric might not be a counter"),
    ("prometheus", {"warnings": ["one"], "infos": ["two"]}, "one; two"),
    ("prometheus", {"error": "query timed out in phase", "errorType": "timeout"}, "query timed out in phase"),
    ("prometheus", {"status": "error"}, "Prometheus answered with the status error"),
]


@pytest.mark.parametrize(("name", "beside", "problem"), BESIDE)
def test_an_answer_that_says_that_it_is_not_whole_is_not_taken_for_whole(
    name: str, beside: dict[str, Any], problem: str
) -> None:
    reading, verdict = counted(SOURCES[name], [95.0] * DAYS, spoil=lambda answer: answer.update(beside))
    assert reading.value is None
    assert problem in (reading.problem or "")
    assert verdict.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    "beside", [{"isPartial": False}, {"warnings": []}, {"infos": None}, {"stats": {"seriesFetched": "2"}}]
)
def test_an_answer_that_says_that_it_is_whole_is_read(beside: dict[str, Any]) -> None:
    assert counted(SOURCES["prometheus"], [95.0] * DAYS, spoil=lambda answer: answer.update(beside))[0].value == 0.95


def test_two_series_or_histograms_of_one_model_are_a_problem() -> None:
    def twice(answer: Any) -> None:
        answer["data"]["result"].append(answer["data"]["result"][0])

    def histograms(answer: Any) -> None:
        answer["data"]["result"][0]["histograms"] = []

    for spoil, problem in ((twice, "it has several series"), (histograms, "it has histograms")):
        assert published(SOURCES["prometheus"], [0.95] * DAYS, spoil)[0].problem == problem


@pytest.mark.parametrize("status", ["InternalError", "Forbidden", None])
def test_a_page_that_failed_is_not_forgotten_for_the_next_one(status: str | None) -> None:
    pages = 0

    def fail_once(answer: Any) -> None:
        nonlocal pages
        pages += 1
        if pages == 1:
            answer["NextToken"] = "more"
            for result in answer["MetricDataResults"]:
                result["StatusCode"] = status
        else:
            answer["MetricDataResults"] = [{"Id": "sum0", "StatusCode": "Complete", "Timestamps": [], "Values": []}]

    problem = counted(SOURCES["cloudwatch"], [95.0] * DAYS, spoil=fail_once)[0].problem
    assert problem == f"CloudWatch answered {status or 'without a status'}"


def test_times_without_values_are_a_problem() -> None:
    def shorten(answer: Any) -> None:
        answer["MetricDataResults"][0]["Values"].pop()

    problem = published(SOURCES["cloudwatch"], [0.95] * DAYS, shorten)[0].problem or ""
    assert problem.startswith("CloudWatch answered with 19 values for 20 times")


ODD_NUMBERS = [0, -1, 1e9, 1e308, float("nan"), float("inf"), float("-inf")]
ODD_JSON: list[Any] = [*ODD_NUMBERS, None, True, "", "x", "0x1", "1_0", [], {}, [1], "NaN"]


def _places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of everything in a document."""
    inner = list(node.items()) if isinstance(node, dict) else list(enumerate(node)) if isinstance(node, list) else []
    return [path, *(place for key, value in inner for place in _places(value, (*path, key)))]


def _alter(document: Any, data: st.DataObject, odd: list[Any]) -> None:
    """Drop one thing, or put something odd in its place."""
    *above, last = data.draw(st.sampled_from([place for place in _places(document) if place]))
    for key in above:
        document = document[key]
    if data.draw(st.booleans()):
        del document[last]
    else:
        document[last] = data.draw(st.sampled_from(odd))


@pytest.mark.parametrize(
    ("right", "rows"), [([80.0] * DAYS, ROWS), (NONE, NONE), ([None] * 10 + [95.0] * 10, ROWS), (NONE, ROWS)]
)
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_that_is_dropped_from_or_altered_in_an_answer_of_prometheus_makes_a_model_healthy(
    right: Days, rows: Days, data: st.DataObject
) -> None:
    turn = data.draw(st.integers(0, 2))
    answers = 0

    def spoil(answer: Any) -> None:
        nonlocal answers
        if answers == turn:
            _alter(answer, data, ODD_JSON)
        answers += 1

    assert counted(SOURCES["prometheus"], right, rows, spoil=spoil)[1].outcome is not Outcome.UNMET


@pytest.mark.parametrize(
    ("right", "rows"), [([80.0] * DAYS, ROWS), (NONE, NONE), ([None] * 10 + [95.0] * 10, ROWS), (NONE, ROWS)]
)
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_nothing_that_is_dropped_from_or_altered_in_an_answer_of_cloudwatch_makes_a_model_healthy(
    right: Days, rows: Days, data: st.DataObject
) -> None:
    def spoil(answer: Any) -> None:
        result = data.draw(st.sampled_from(answer["MetricDataResults"]))
        kind = data.draw(st.sampled_from(["Timestamps", "Values", "StatusCode", "all"]))
        if kind == "all":
            answer["MetricDataResults"].remove(result)
        elif kind == "StatusCode":
            result[kind] = data.draw(st.sampled_from(["PartialData", "InternalError", "Forbidden", "Other"]))
        elif kind == "Values" and result[kind]:
            number = data.draw(st.integers(0, len(result[kind]) - 1))
            result[kind][number] = data.draw(st.sampled_from([float(odd) for odd in ODD_NUMBERS]))
        else:
            assume(result[kind])
            result[kind].pop()

    assert counted(SOURCES["cloudwatch"], right, rows, spoil=spoil)[1].outcome is not Outcome.UNMET
