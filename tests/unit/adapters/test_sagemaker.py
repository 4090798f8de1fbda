"""An endpoint's traffic is what SageMaker reports, not what it was asked for."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber
from moto import mock_aws

from auto_retrain.adapters.traffic.sagemaker import SagemakerTraffic
from auto_retrain.domain.errors import TrafficRefused, TrafficUnavailable
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.traffic import SagemakerTarget
from auto_retrain.domain.traffic import DesiredRoute, EffectState, Route
from tests.aws_clients import aws_client

TARGET = SagemakerTarget(adapter="sagemaker", endpoint="churn")


def desired(weight: int, mirror_share: int = 0) -> DesiredRoute:
    champion, challenger = ModelVersion(number="1"), ModelVersion(number="2")
    return DesiredRoute(champion=champion, challenger=challenger, weight=weight, mirror_share=mirror_share)


@pytest.fixture
def client() -> Iterator[Any]:
    with mock_aws():
        client = aws_client("sagemaker")
        client.create_model(
            ModelName="churn", ExecutionRoleArn="arn:aws:iam::123456789012:role/x", PrimaryContainer={"Image": "image"}
        )
        given_endpoint(client, {"v1": 1.0, "v2": 0.0})
        yield client


def given_endpoint(client: Any, weights: dict[str, float], name: str = "churn") -> None:
    variants = [
        {
            "VariantName": variant,
            "ModelName": "churn",
            "InitialInstanceCount": 1,
            "InstanceType": "ml.m5.large",
            "InitialVariantWeight": weight,
        }
        for variant, weight in weights.items()
    ]
    client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
    client.create_endpoint(EndpointName=name, EndpointConfigName=name)


def test_each_step_is_in_force_once_its_weights_are_current(client: Any) -> None:
    traffic = SagemakerTraffic(client)
    for weight in (5, 50, 100, 0):
        traffic.write("churn", TARGET, desired(weight), traffic.read("churn", TARGET))
        assert traffic.verify("churn", TARGET, desired(weight)).state is EffectState.IN_FORCE


def test_weights_are_read_as_shares_of_their_sum(client: Any) -> None:
    given_endpoint(client, {"v1": 3.0, "v2": 1.0}, "thirds")
    route = SagemakerTraffic(client).read("churn", SagemakerTarget(adapter="sagemaker", endpoint="thirds"))
    assert route is not None
    assert route.weights == {"1": 75.0, "2": 25.0}


def test_a_variant_of_somebody_else_keeps_its_name_and_gets_no_requests_from_us(client: Any) -> None:
    given_endpoint(client, {"v1": 1.0, "v2": 0.0, "old": 1.0}, "shared")
    target = SagemakerTarget(adapter="sagemaker", endpoint="shared")
    traffic = SagemakerTraffic(client)
    route = traffic.read("churn", target)
    assert route is not None
    assert route.weights == {"1": 50.0, "old": 50.0}
    traffic.write("churn", target, desired(10), route)
    assert traffic.verify("churn", target, desired(10)).state is EffectState.IN_FORCE


def test_somebody_elses_weights_are_a_conflict(client: Any) -> None:
    traffic = SagemakerTraffic(client)
    traffic.write("churn", TARGET, desired(5), None)
    traffic.write("churn", TARGET, desired(60), None)
    effect = traffic.verify("churn", TARGET, desired(5))
    assert effect.state is EffectState.CONFLICT
    assert "version 2: 60 %" in effect.reason


def test_a_version_without_a_variant_is_refused_by_name(client: Any) -> None:
    wanted = DesiredRoute(champion=ModelVersion(number="1"), challenger=ModelVersion(number="7"), weight=5)
    with pytest.raises(TrafficRefused, match=r"no variant v7; its variants are v1, v2"):
        SagemakerTraffic(client).write("churn", TARGET, wanted, None)


def test_copies_are_refused(client: Any) -> None:
    with pytest.raises(TrafficRefused, match="cannot copy requests"):
        SagemakerTraffic(client).write("churn", TARGET, desired(0, mirror_share=10), None)


class WithShadowVariant:
    """An endpoint to which somebody has added a shadow variant, which the emulator lacks."""

    def __init__(self, client: Any) -> None:
        self.update_endpoint_weights_and_capacities = client.update_endpoint_weights_and_capacities
        self._client = client

    def describe_endpoint(self, **request: Any) -> dict[str, Any]:
        shadow = {"VariantName": "v3", "CurrentWeight": 1.0, "DesiredWeight": 1.0}
        return {**self._client.describe_endpoint(**request), "ShadowProductionVariants": [shadow]}


def test_a_shadow_variant_of_somebody_else_is_no_part_of_the_route_and_is_left_alone(client: Any) -> None:
    traffic = SagemakerTraffic(WithShadowVariant(client))
    traffic.write("churn", TARGET, desired(10), traffic.read("churn", TARGET))
    effect = traffic.verify("churn", TARGET, desired(10))
    assert (effect.state, effect.route) == (EffectState.IN_FORCE, Route(weights={"1": 90.0, "2": 10.0}))


def test_an_endpoint_that_does_not_exist_is_named(client: Any) -> None:
    with pytest.raises(TrafficRefused, match="absent"):
        SagemakerTraffic(client).read("churn", SagemakerTarget(adapter="sagemaker", endpoint="absent"))


def described(status: str, current: float, wished: float, **more: Any) -> dict[str, Any]:
    """An answer of DescribeEndpoint, with the weights of version 2 in percent."""
    variants = [
        {"VariantName": "v1", "CurrentWeight": 100 - current, "DesiredWeight": 100 - wished},
        {"VariantName": "v2", "CurrentWeight": current, "DesiredWeight": wished},
    ]
    return {
        "EndpointName": "churn",
        "EndpointArn": "arn:aws:sagemaker:eu-central-1:123456789012:endpoint/churn",
        "EndpointStatus": status,
        "ProductionVariants": variants,
        "CreationTime": 0,
        "LastModifiedTime": 0,
        **more,
    }


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        (described("Updating", 0, 5), EffectState.PENDING, "is Updating"),
        (described("RollingBack", 0, 5), EffectState.PENDING, "is RollingBack"),
        # SageMaker goes back without a word, and reports success.
        (described("InService", 0, 5), EffectState.FAILED, "its variants get version 1: 100 %"),
        (described("InService", 0, 0), EffectState.CONFLICT, "version 1: 100 %"),
        (described("Failed", 5, 5, FailureReason="no capacity"), EffectState.FAILED, "no capacity"),
        (described("UpdateRollbackFailed", 5, 5), EffectState.FAILED, "no reason given"),
        (described("InService", 5, 5), EffectState.IN_FORCE, ""),
    ],
)
def test_only_current_weights_of_an_endpoint_in_service_are_in_force(
    answer: dict[str, Any], state: EffectState, reason: str
) -> None:
    client = aws_client("sagemaker")
    with Stubber(client) as stubber:
        stubber.add_response("describe_endpoint", answer)
        effect = SagemakerTraffic(client).verify("churn", TARGET, desired(5))
    assert effect.state is state
    assert reason in effect.reason


@pytest.mark.parametrize(
    ("status", "error"),
    [("Updating", TrafficUnavailable), ("Failed", TrafficRefused), ("OutOfService", TrafficRefused)],
)
def test_an_endpoint_that_is_not_in_service_is_not_written(status: str, error: type[Exception]) -> None:
    client = aws_client("sagemaker")
    with Stubber(client) as stubber:
        stubber.add_response("describe_endpoint", described(status, 0, 0))
        with pytest.raises(error, match=status):
            SagemakerTraffic(client).write("churn", TARGET, desired(5), None)


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("ThrottlingException", 400, TrafficUnavailable),
        ("InternalFailure", 500, TrafficUnavailable),
        ("ResourceLimitExceeded", 400, TrafficRefused),
        ("ValidationException", 400, TrafficRefused),
    ],
)
def test_errors_of_sagemaker_are_told_apart(code: str, status: int, error: type[Exception]) -> None:
    client = aws_client("sagemaker")
    with Stubber(client) as stubber:
        stubber.add_response("describe_endpoint", described("InService", 0, 0))
        stubber.add_client_error("update_endpoint_weights_and_capacities", code, "because", http_status_code=status)
        with pytest.raises(error, match="because"):
            SagemakerTraffic(client).write("churn", TARGET, desired(5), None)
