"""A back-test asks its source for each window once, but never takes scores for a metric."""

from datetime import timedelta

from auto_retrain.adapters.memory.simulation import RememberedMetrics
from auto_retrain.domain.metric_reading import MetricQuery, MetricReading
from tests.unit.builders import NOON, a_policy


class Source:
    """Answers each query by what it asks for."""

    def __init__(self) -> None:
        self.asked: list[MetricQuery] = []

    def read(self, queries: list[MetricQuery]) -> list[MetricReading]:
        self.asked += queries
        return [MetricReading(value=0.9 if query.asks == "metric" else None) for query in queries]


def test_scores_of_a_window_are_not_its_metric() -> None:
    source, metric = Source(), a_policy().metric
    query = MetricQuery(model_name="churn", metric=metric, start=NOON - timedelta(days=7), end=NOON)
    remembered = RememberedMetrics(source)  # type: ignore[arg-type]
    for _ in range(2):
        scores, value = remembered.read([query._replace(asks="scores"), query])
        assert (scores.value, value.value) == (None, 0.9)
    assert len(source.asked) == 2
