"""Parameters that cannot work are refused before anything is created, and the refusal says why."""

import re

import pytest

from tests.deployment.cloudformation import Template

SUBNETS, GROUPS = {"SubnetIds": "subnet-0a,subnet-0b"}, {"SecurityGroupIds": "sg-0a"}
OWN, MANAGED = {"PrometheusUrl": "http://prometheus.internal"}, {"PrometheusUrl": "https://aps-workspaces.eu.example"}
SIGNED = {"PrometheusAuthentication": "sigv4"}
KEY = "arn:aws:kms:eu-central-1:123456789012:key/mrk-0123abcd"

ALLOWED = {
    "ClusterEndpoint": ["", "https://A1.gr7.eu-central-1.eks.amazonaws.com", "https://[2600:1f13::1]"],
    "SlackOrigins": ["https://hooks.slack.com,https://chat.example:8443"],
    "SubnetIds": ["", "subnet-0a1b", "subnet-0a1b,subnet-2c3d"],
    "SecurityGroupIds": ["", "sg-0a1b,sg-2c3d"],
    "JobNamespace": ["auto-retrain", "ml,team-churn", "kubeflow", "not-kube-system", "a,kube"],
    "PodTemplateAllows": ["", "toleration=dedicated,runtime-class=gvisor,label=example.com/*"],
    "KeyArns": ["", KEY, f"{KEY},{KEY}"],
}
REFUSED = {
    "ClusterEndpoint": ["http://cluster.example", "https://user:password@cluster.example", "cluster.example"],
    "SlackOrigins": ["http://hooks.slack.com", "https://hooks.slack.com,http://chat.example", "https://u@chat.example"],
    "SubnetIds": ["sg-0a1b", "subnet-0a1b, subnet-2c3d", ","],
    "SecurityGroupIds": ["subnet-0a1b", "sg-"],
    "JobNamespace": ["", "kube-system", "kube-public", "ml,kube-node-lease", "kube-system,ml", "ml,", "ML"],
    "PodTemplateAllows": ["host-path=/", "toleration", "runtimeClassName=x"],
    "KeyArns": ["*", "alias/data", "arn:aws:kms:eu-central-1:123456789012:alias/data", f"{KEY},*"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in ALLOWED for value in ALLOWED[name]])
def test_parameter_is_accepted(template: Template, name: str, value: str) -> None:
    assert re.fullmatch(template.document["Parameters"][name]["AllowedPattern"], value)


@pytest.mark.parametrize(("name", "value"), [(name, value) for name in REFUSED for value in REFUSED[name]])
def test_parameter_is_refused(template: Template, name: str, value: str) -> None:
    assert not re.fullmatch(template.document["Parameters"][name]["AllowedPattern"], value)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (SUBNETS, "SubnetIds needs SecurityGroupIds as well"),
        (GROUPS, "SecurityGroupIds needs SubnetIds as well"),
        ({"ClusterCertificateAuthority": "QUJD"}, "ClusterCertificateAuthority needs ClusterEndpoint as well"),
        (SIGNED, "PrometheusAuthentication=sigv4 needs PrometheusUrl as well"),
    ],
)
def test_half_of_a_pair_of_parameters_is_refused(template: Template, given: dict[str, str], reason: str) -> None:
    assert template.refusals(given) == [reason]


@pytest.mark.parametrize("given", [{}, SUBNETS | GROUPS, OWN, MANAGED | SIGNED, SUBNETS | GROUPS | OWN])
def test_whole_pairs_of_parameters_are_accepted(template: Template, given: dict[str, str]) -> None:
    assert template.refusals(given) == []


@pytest.mark.parametrize(
    ("given", "is_member"),
    [
        (OWN, False),
        (SUBNETS | GROUPS, False),
        (SUBNETS | GROUPS | OWN, True),
        (SUBNETS | GROUPS | MANAGED | SIGNED, False),  # AWS's own service is not in the network
    ],
)
def test_functions_that_read_metrics_join_the_network_of_a_prometheus_server_in_it(
    template: Template, given: dict[str, str], is_member: bool
) -> None:
    for name in ("SweepModelsFunction", "CheckTriggersFunction"):
        condition, network, none = template.functions[name]["VpcConfig"]["Fn::If"]
        assert template.holds({"Condition": condition}, given) is is_member
        assert network == {
            "SubnetIds": {"Fn::Split": [",", {"Ref": "SubnetIds"}]},
            "SecurityGroupIds": {"Fn::Split": [",", {"Ref": "SecurityGroupIds"}]},
        }
        assert none == {"Ref": "AWS::NoValue"}
