"""A deployment's settings are read from its environment, and malformed ones are refused by name."""

import pytest

from auto_retrain.bootstrap import DeployedPorts
from auto_retrain.domain.errors import SettingInvalid, SettingMissing
from auto_retrain.domain.fleet import FleetLimits
from auto_retrain.settings import Settings


def limits(**environment: str) -> FleetLimits:
    return DeployedPorts(Settings.from_environment(environment)).limits


def test_the_fleets_limits_come_from_the_environment() -> None:
    given = limits(FLEET_CONCURRENT_JOBS="7", FLEET_MONTHLY_RETRAININGS="1000000")
    assert given == FleetLimits(concurrent_jobs=7, monthly_retrainings=1_000_000)


def test_limits_that_are_not_given_have_their_defaults() -> None:
    assert limits() == limits(FLEET_CONCURRENT_JOBS="") == FleetLimits()
    assert limits(FLEET_MONTHLY_RETRAININGS="5") == FleetLimits(monthly_retrainings=5)


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "1e3", "many", " ", "٣", "0x10", "1_000", "nan", "true"])
@pytest.mark.parametrize("name", ["FLEET_CONCURRENT_JOBS", "FLEET_MONTHLY_RETRAININGS"])
def test_a_limit_that_is_not_a_whole_number_above_zero_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingInvalid, match=rf"{name} = .*: must be a whole number above 0"):
        limits(**{name: value})


def test_the_fleets_budget_is_an_amount_of_dollars_of_which_zero_means_none() -> None:
    assert limits(FLEET_BUDGET_MONTH_USD="250.50").budget_month_usd == 250.5
    assert limits(FLEET_BUDGET_MONTH_USD="0") == limits(FLEET_BUDGET_MONTH_USD="") == FleetLimits()


@pytest.mark.parametrize("value", ["-1", "$5", "5 USD", "nan", "inf", "-inf", "1e999", " ", "five"])
def test_a_budget_that_is_no_amount_is_named(value: str) -> None:
    with pytest.raises(SettingInvalid, match=r"FLEET_BUDGET_MONTH_USD = .*: must be a number of US"):
        limits(FLEET_BUDGET_MONTH_USD=value)


def test_a_required_setting_that_is_missing_is_named() -> None:
    with pytest.raises(SettingMissing, match="TABLE_NAME"):
        Settings.from_environment({"TABLE_NAME": ""}).require("table_name")


def test_parallel_jobs_are_unlimited_unless_a_number_is_given() -> None:
    assert Settings().jobs_in_parallel() is None
    assert Settings.from_environment({"PARALLEL_JOBS": "12"}).jobs_in_parallel() == 12
    with pytest.raises(SettingInvalid, match="PARALLEL_JOBS = 'many': must be a whole number above 0"):
        Settings.from_environment({"PARALLEL_JOBS": "many"}).jobs_in_parallel()


def test_namespaces_are_listed_with_the_default_first() -> None:
    assert Settings(job_namespace="auto-retrain, team-b").job_namespaces() == ("auto-retrain", "team-b")
    with pytest.raises(SettingMissing, match="JOB_NAMESPACE"):
        Settings().job_namespaces()


@pytest.mark.parametrize("namespaces", ["kube-system", "ml, kube-public", "kube-node-lease,ml"])
def test_pods_do_not_run_in_a_namespace_of_kubernetes_itself(namespaces: str) -> None:
    ports = DeployedPorts(Settings(job_namespace=namespaces))
    reason = rf"JOB_NAMESPACE = '{namespaces}': must be namespaces that do not belong to Kubernetes itself"
    with pytest.raises(SettingInvalid, match=reason):
        _ = ports.cluster


def test_what_pod_templates_may_name_is_extended_by_a_list() -> None:
    rules = Settings.from_environment({"POD_TEMPLATE_ALLOWS": "label=example.com/*, pull-secret=registry"}).pod_rules()
    assert rules.allow("label", "example.com/x")
    assert rules.allow("label", "team")
    assert rules.allow("pull_secret", "registry")
    assert not Settings().pod_rules().allow("pull_secret", "registry")
    with pytest.raises(SettingInvalid, match=r"POD_TEMPLATE_ALLOWS = 'host=x': must be a list such as .* kinds label,"):
        Settings.from_environment({"POD_TEMPLATE_ALLOWS": "host=x"}).pod_rules()
