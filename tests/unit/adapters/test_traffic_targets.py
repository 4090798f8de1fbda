"""All traffic targets behind one port: each is built when it is first needed, and none for the sake of another."""

import pytest

from auto_retrain.adapters.memory import MemoryPorts
from auto_retrain.adapters.traffic.alias import AliasTraffic
from auto_retrain.adapters.traffic.targets import TrafficTargets
from auto_retrain.bootstrap import DeployedPorts
from auto_retrain.domain.errors import SettingMissing
from auto_retrain.domain.model_version import ModelVersion
from auto_retrain.domain.policy.traffic import (
    CAPABILITIES,
    AliasTarget,
    HttpRouteTarget,
    KserveTarget,
    RouterTarget,
    SagemakerTarget,
    TrafficTarget,
)
from auto_retrain.domain.traffic import DesiredRoute, EffectState
from auto_retrain.ports import TrafficRouter
from auto_retrain.settings import Settings

HTTP_ROUTE = HttpRouteTarget(adapter="http_route", namespace="serving", route="churn", service="churn-v{version}")
DESIRED = DesiredRoute(champion=ModelVersion(number="17"))
# One of each kind.
KSERVE = KserveTarget(adapter="kserve", namespace="serving", service="churn")
SAGEMAKER = SagemakerTarget(adapter="sagemaker", endpoint="churn")
TARGETS: list[TrafficTarget] = [AliasTarget(), RouterTarget(adapter="router"), HTTP_ROUTE, KSERVE, SAGEMAKER]


def test_a_target_is_built_when_it_is_first_needed_and_only_once() -> None:
    built: list[str] = []

    def build() -> TrafficRouter:
        built.append("alias")
        return AliasTraffic()

    def never() -> TrafficRouter:
        raise AssertionError("nobody asked for it")

    targets = TrafficTargets({"alias": build, "http_route": never})
    assert built == []
    for _ in range(2):
        targets.write("churn", AliasTarget(), DESIRED, None)
        assert targets.read("churn", AliasTarget()) is None
    assert built == ["alias"]


def test_every_kind_of_target_is_there_in_memory() -> None:
    ports = MemoryPorts()
    assert {target.adapter for target in TARGETS} == set(CAPABILITIES)
    for target in TARGETS:
        ports.traffic.write("churn", target, DESIRED, None)
        assert ports.traffic.verify("churn", target, DESIRED).state is EffectState.IN_FORCE
    assert ports.weights.routes.keys() == {"churn"}


@pytest.mark.parametrize("target", [HTTP_ROUTE, KSERVE], ids=lambda target: target.adapter)
def test_a_target_in_the_cluster_needs_its_settings(target: TrafficTarget) -> None:
    with pytest.raises(SettingMissing, match="CLUSTER_NAME"):
        DeployedPorts(Settings()).traffic.read("churn", target)


@pytest.mark.parametrize("target", [AliasTarget(), RouterTarget(adapter="router")], ids=lambda target: target.adapter)
def test_other_targets_need_no_settings(target: TrafficTarget) -> None:
    assert DeployedPorts(Settings()).traffic.read("churn", target) is None
