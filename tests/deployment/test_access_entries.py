"""On request, the stack gives the functions that call the cluster access, each as the group of its Role."""

from typing import Any

import pytest

from tests.deployment.cloudformation import Template


def callers(template: Template, starts_pods: bool) -> set[str]:
    """The roles of functions that call the cluster: those that start pods, or those that only move requests."""
    roles = set()
    for name, function in template.functions.items():
        settings = function.get("Environment", {}).get("Variables", {})
        if "CLUSTER_NAME" in settings and ("JOB_NAMESPACE" in settings) is starts_pods:
            roles.add(f"{name}Role")
    return roles


def groups_of(entry: dict[str, Any]) -> list[str]:
    """The groups of an entry when every option is on."""
    groups = entry["Properties"]["KubernetesGroups"]
    return list(groups["Fn::If"][1] if isinstance(groups, dict) else groups)


@pytest.mark.parametrize(
    ("starts_pods", "group", "condition"),
    [(True, "auto-retrain", "CreatesAccessEntries"), (False, "auto-retrain-traffic", "CreatesTrafficAccess")],
)
def test_each_function_that_calls_the_cluster_has_an_access_entry_for_its_group(
    template: Template, starts_pods: bool, group: str, condition: str
) -> None:
    entries = [entry for entry in template.document["Resources"].values() if entry["Type"] == "AWS::EKS::AccessEntry"]
    own = [entry for entry in entries if entry["Condition"] == condition]

    roles = {str(entry["Properties"]["PrincipalArn"]["Fn::GetAtt"][0]) for entry in own}
    assert roles == callers(template, starts_pods)
    assert all(group in groups_of(entry) for entry in own)
    assert template.document["Parameters"]["CreateAccessEntries"]["Default"] == "false"
    assert template.document["Parameters"]["RoutesInCluster"]["Default"] == "false"
