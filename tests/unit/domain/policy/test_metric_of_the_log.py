"""A metric from the prediction log: only what labels can say, in the words of the trigger that judges it."""

import json
from typing import Any

import pytest

from auto_retrain.domain.errors import PolicyInvalid
from auto_retrain.domain.policy.metric import PredictionLogMetric
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.policy.warnings import warnings_of
from tests.unit.builders import a_policy

REGRESSION = {"prefix": "churn", "row_id": "id", "label": "left", "numeric": ["age"], "task": "regression"}
OF_ERRORS = {
    "performance_metric_scale": "number",
    "performance_metric_direction": "lower_is_better",
    "performance_metric_threshold": 50,
}


def test_the_accuracy_of_a_classification_needs_no_more_than_the_source() -> None:
    metric = a_policy(metric={"source": "prediction_log"}).metric
    assert isinstance(metric, PredictionLogMetric)
    assert (metric.name, metric.counts_rows, metric.names_version) == ("accuracy", True, True)
    assert metric.prefix_of("churn") == "predictions/model=churn"


def test_it_is_read_again_as_it_was_written() -> None:
    policy = a_policy(metric={"source": "prediction_log", "prefix": "logs/churn", "label_key": "row_id"})
    assert Policy.parse(policy.model_dump_json()) == policy
    assert warnings_of(policy) == warnings_of(a_policy())


@pytest.mark.parametrize("name", ["mae", "rmse"])
def test_the_errors_of_a_regression_are_lower_numbers(name: str) -> None:
    policy = a_policy(metric={"source": "prediction_log", "name": name}, data=REGRESSION, triggers=OF_ERRORS)
    assert not policy.metric.counts_rows


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"metric": {"name": "mae"}}, "metric.name = 'mae': data.task is 'classification'; allowed are 'accuracy'"),
        (
            {"data": REGRESSION, "triggers": OF_ERRORS},
            "metric.name = 'accuracy': data.task is 'regression'; allowed are 'mae' or 'rmse'",
        ),
        (
            {"triggers": {"performance_metric_direction": "lower_is_better"}},
            "triggers.performance_metric_direction = 'lower_is_better': metric.name is 'accuracy', so it must be "
            "'higher_is_better'",
        ),
        (
            {"metric": {"name": "rmse"}, "data": REGRESSION},
            "triggers.performance_metric_scale = 'share': metric.name is 'rmse', so it must be 'number'",
        ),
        ({"metric": {"label_key": "id"}}, "metric.label_key"),
        ({"metric": {"prefix": "../logs"}}, "metric.prefix"),
    ],
    ids=["error of classes", "accuracy of numbers", "direction", "scale", "key", "prefix"],
)
def test_what_labels_cannot_say_is_refused_by_name(sections: dict[str, Any], sentence: str) -> None:
    document = {
        **a_policy().model_dump(mode="json"),
        **sections,
        "metric": {"source": "prediction_log", **sections.get("metric", {})},
    }
    with pytest.raises(PolicyInvalid) as refused:
        Policy.parse(json.dumps(document))
    assert sentence in str(refused.value)
