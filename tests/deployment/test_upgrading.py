"""What `docs/upgrading.md` says about upgrades and removal is what the template makes CloudFormation do."""

import re
from typing import Any

import pytest

from auto_retrain.domain.base import Record
from local.paths import ROOT
from tests.deployment.cloudformation import Template

PAGE = (ROOT / "docs" / "upgrading.md").read_text()
REMOVAL, _, STAYING = PAGE.partition("## What stays")
ROWS = dict(re.findall(r"^\| [^|]+ \| `(\w+)` \| (.+) \|$", STAYING, re.MULTILINE))


def test_an_earlier_release_refuses_what_it_does_not_know() -> None:
    assert "**There is no way back:**" in PAGE
    assert Record.model_config["extra"] == "forbid"


def test_the_table_can_be_restored_for_as_long_as_the_page_says(template: Template) -> None:
    # Without a period of its own it is that of DynamoDB.
    recovery = template.resources["Table"]["Properties"]["PointInTimeRecoverySpecification"]
    assert recovery == {"PointInTimeRecoveryEnabled": True}
    assert "within the last 35 days" in PAGE


@pytest.fixture
def retained(template: Template) -> dict[str, dict[str, Any]]:
    """Resources that outlive the stack, by the output that names them."""
    named = {value["Value"].get("Ref"): name for name, value in template.document["Outputs"].items()}
    kept = {name: each for name, each in template.resources.items() if each.get("DeletionPolicy", "Delete") != "Delete"}
    return {named[name]: each for name, each in kept.items()}


def test_the_page_lists_all_that_stays_with_the_reason(retained: dict[str, dict[str, Any]]) -> None:
    assert set(ROWS) == set(retained)
    for output, resource in retained.items():
        assert f"`DeletionPolicy: {resource['DeletionPolicy']}`" in ROWS[output]


def test_whatever_holds_data_is_kept_when_it_is_replaced_and_when_the_stack_goes(
    template: Template, retained: dict[str, dict[str, Any]]
) -> None:
    holding = {"AWS::DynamoDB::Table", "AWS::S3::Bucket"}
    assert [each for each in template.resources.values() if each["Type"] in holding] == list(retained.values())
    assert {each["UpdateReplacePolicy"] for each in retained.values()} == {"Retain"}
    # A creation that fails leaves nothing behind.
    assert {each["DeletionPolicy"] for each in retained.values()} == {"RetainExceptOnCreate"}


def test_the_table_is_protected_in_production_alone(retained: dict[str, dict[str, Any]]) -> None:
    protection = retained["TableName"]["Properties"]["DeletionProtectionEnabled"]
    assert protection == {"Fn::If": ["IsProduction", True, False]}
    assert "In the stage `prod` turn off its protection first" in ROWS["TableName"]
    assert "--no-deletion-protection-enabled" in ROWS["TableName"]


def test_the_page_knows_which_artifacts_never_expire(retained: dict[str, dict[str, Any]]) -> None:
    rules = retained["ArtifactsBucketName"]["Properties"]["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"] for rule in rules if "ExpirationInDays" in rule}
    assert expiring == {"jobs/", "training/", "scoring/", "evidence/", "notes/"}
    assert (
        "drift profiles, copies of versions that served and the page about all models have none"
        in ROWS["ArtifactsBucketName"]
    )


def test_the_page_says_how_long_anchors_are_locked(template: Template, retained: dict[str, dict[str, Any]]) -> None:
    lock = retained["AnchorBucketName"]["Properties"]["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    days = template.document["Parameters"][lock["Days"]["Ref"]]
    assert f"Object Lock in the mode `{lock['Mode']}`" in ROWS["AnchorBucketName"]
    assert f"by default {days['Default']} days" in ROWS["AnchorBucketName"]
    assert f"`{lock['Days']['Ref']}={days['MinValue']}`" in STAYING


def test_the_policy_of_the_anchors_goes_with_the_stack(template: Template) -> None:
    assert "DeletionPolicy" not in template.resources["AnchorBucketPolicy"]
    assert "With the stack goes the policy of the bucket of anchors" in STAYING


def test_the_roles_that_hold_policies_of_the_stack_are_removed_before_it(template: Template) -> None:
    outputs = template.document["Outputs"]
    policies = set(template.of_type("AWS::IAM::ManagedPolicy"))
    given = {name for name, output in outputs.items() if output["Value"].get("Ref") in policies}
    placeholders = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).upper() for name in given}
    detached = set(re.findall(r"detach-role-policy .* --policy-arn (\w+)", REMOVAL))
    assert detached == placeholders
    assert REMOVAL.rindex("aws iam delete-role") < REMOVAL.index("sam delete")
