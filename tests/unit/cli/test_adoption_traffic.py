"""A policy for each traffic target applies as it is proposed, with exactly the rights that its functions need."""

from pathlib import Path

import pytest
import yaml

from auto_retrain.cli.adoption import ADAPTERS
from auto_retrain.domain.installation import NEEDED_FOR_TRAFFIC, TRAFFIC_GROUP, Permission
from auto_retrain.domain.policy.policy import Policy
from auto_retrain.proposing.traffic import propose_routing
from tests.unit.cli.terminal import Terminal

ROWS = "customer_id,plan,age,left\n" + "".join(f"{n},{'ab'[n % 2]},{20 + n % 50},{n % 3 == 0}\n" for n in range(300))


def initiated(terminal: Terminal, folder: Path, adapter: str) -> tuple[str, Policy]:
    """What is printed, and the policy as it was applied."""
    target = folder / "churn.yaml"
    sample = terminal.file(ROWS, "rows.csv")
    printed = terminal.ok("init", "churn", "--sample", sample, "--output", str(target), "--traffic", adapter)
    assert "new, version 1" in terminal.ok("models", "apply", str(target))
    applied = terminal.ports.policies.get("churn")
    assert applied is not None
    return printed, applied.policy


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_the_target_is_in_the_policy_and_what_is_not_known_is_listed(
    terminal: Terminal, tmp_path: Path, adapter: str
) -> None:
    printed, policy = initiated(terminal, tmp_path, adapter)
    assert policy.deployment.traffic.adapter == adapter
    unknown = {
        "router": "rights of your servers: to read the table and to write the log",
        "http_route": "deployment.traffic: namespace serving, route churn, service churn-v{version}: guessed",
        "kserve": "deployment.traffic: namespace serving, service churn: guessed",
        "sagemaker": "stack parameter SagemakerEndpointArns: has to list the endpoint",
    }
    assert f"- {unknown[adapter]}" in printed


@pytest.mark.parametrize("adapter", sorted(NEEDED_FOR_TRAFFIC))
def test_a_target_in_the_cluster_gets_a_role_for_exactly_what_is_needed(
    terminal: Terminal, tmp_path: Path, adapter: str
) -> None:
    printed, _ = initiated(terminal, tmp_path, adapter)
    file = tmp_path / "churn-rbac.yaml"
    assert f"kubectl apply -f {file}" in printed
    role, binding = yaml.safe_load_all(file.read_text())
    allowed = {
        Permission(verb, f"{rule['resources'][0]}.{rule['apiGroups'][0]}".rstrip("."))
        for rule in role["rules"]
        for verb in rule["verbs"]
    }
    assert allowed == NEEDED_FOR_TRAFFIC[adapter]
    assert {each["metadata"]["namespace"] for each in (role, binding)} == {"serving"}
    assert binding["roleRef"]["name"] == role["metadata"]["name"]
    assert [subject["name"] for subject in binding["subjects"]] == [TRAFFIC_GROUP]
    changed = [rule for rule in role["rules"] if "patch" in rule["verbs"]]
    assert [rule["resourceNames"] for rule in changed] == [["churn"]], "no object of another model is changed"


@pytest.mark.parametrize("adapter", ["router", "sagemaker"])
def test_a_target_outside_of_the_cluster_needs_no_role(terminal: Terminal, tmp_path: Path, adapter: str) -> None:
    initiated(terminal, tmp_path, adapter)
    assert not (tmp_path / "churn-rbac.yaml").exists()


def test_a_role_that_is_there_is_overwritten_only_by_force(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a long path would be cut in the message
    (tmp_path / "churn-rbac.yaml").write_text("mine")
    given = ("--sample", terminal.file(ROWS, "rows.csv"), "--output", "churn.yaml")
    refused = terminal.run("init", "churn", *given, "--traffic", "kserve")
    assert (refused.code, (tmp_path / "churn-rbac.yaml").read_text()) == (1, "mine")
    assert "churn-rbac.yaml': exists already" in refused.err
    assert not (tmp_path / "churn.yaml").exists()


def test_an_adapter_that_there_is_not_is_refused_with_those_there_are(terminal: Terminal) -> None:
    refused = terminal.run("init", "churn", "--sample", terminal.file(ROWS, "rows.csv"), "--traffic", "istio")
    assert refused.code == 2
    assert "'istio' is none of router, http_route, kserve, sagemaker" in " ".join(refused.err.split())


def test_services_of_a_model_whose_name_begins_with_a_number_begin_with_a_letter() -> None:
    assert propose_routing("http_route", "2nd-try").target["service"] == "model-2nd-try-v{version}"
