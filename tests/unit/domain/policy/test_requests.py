"""Where a policy lets the requests of a rollout be counted."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from auto_retrain.domain.policy.policy import Policy
from auto_retrain.domain.policy.requests import (
    CloudWatchRequests,
    PredictionLogRequests,
    PrometheusRequests,
    RequestsPolicy,
)
from tests.unit.builders import a_policy

COUNTERS = {"source": "prometheus", "requests_total": "requests_total", "errors_total": "errors_total"}


def parsed(document: Any) -> Any:
    return TypeAdapter(RequestsPolicy).validate_json(json.dumps(document))


def refusal(document: Any) -> str:
    with pytest.raises(ValidationError) as caught:
        parsed(document)
    return str(caught.value)


def test_requests_are_counted_in_the_log_of_the_model_unless_the_policy_says_otherwise() -> None:
    requests = a_policy().deployment.requests
    assert isinstance(requests, PredictionLogRequests)
    assert requests.prefix_of("churn") == "predictions/model=churn"
    assert parsed({"prefix": "logs/x/"}).prefix_of("churn") == "logs/x"


def test_each_source_has_its_own_fields() -> None:
    assert isinstance(parsed({"source": "cloudwatch"}), CloudWatchRequests)
    assert isinstance(parsed(COUNTERS), PrometheusRequests)
    assert "prefix" in refusal({"source": "cloudwatch", "prefix": "x"})


@pytest.mark.parametrize("source", ["kserve", "", None, 5])
def test_an_unknown_source_is_refused_with_those_that_exist(source: Any) -> None:
    assert "must be 'prediction_log', 'cloudwatch' or 'prometheus'" in refusal({"source": source})


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (
            {"source": "cloudwatch", "dimensions": {"Model": "x"}},
            "dimensions.Model: is set to the model's name",
        ),
        ({"source": "cloudwatch", "dimensions": {"Version": "1"}}, "dimensions.Version: is set to"),
        ({"source": "cloudwatch", "version_dimension": "Model"}, "version_dimension: must not be 'Model'"),
        ({"source": "cloudwatch", "errors": "Requests"}, "requests = 'Requests': another field names the same metric"),
        ({"source": "prometheus"}, "requests_total"),
        ({**COUNTERS, "labels": {"version": "1"}}, "labels.version: is set to"),
        ({**COUNTERS, "version_label": "model"}, "version_label: must not be 'model'"),
        ({**COUNTERS, "errors_total": "requests_total"}, "another field names the same metric"),
        ({**COUNTERS, "requests_total": "a{b}"}, "requests_total"),
        ({**COUNTERS, "latency_unit": "minutes"}, "latency_unit"),
        ({"prefix": "../x"}, "prefix"),
        ({"label_key": "id"}, "label_key"),
    ],
)
def test_what_cannot_be_meant_is_refused(document: Any, problem: str) -> None:
    assert problem in refusal(document)


def test_a_policy_of_an_earlier_release_has_the_default() -> None:
    document = a_policy().model_dump(mode="json")
    del document["deployment"]["requests"]
    assert Policy.model_validate(document, strict=False).deployment.requests == PredictionLogRequests()
