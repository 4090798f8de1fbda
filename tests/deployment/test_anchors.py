"""The bucket of anchors: only its function writes there, each key once, and nobody deletes or unlocks anything."""

from typing import Any

import pytest

from auto_retrain.domain.facts.promoting import Promoted
from auto_retrain.domain.facts.taking_back import VersionTakenBack
from tests.deployment.cloudformation import FUNCTIONS, Template, as_list
from tests.deployment.test_permissions import name_of

FUNCTION = "AnchorAuditFunction"
OBJECTS = {"Fn::Sub": "${AnchorBucket.Arn}/*"}


@pytest.fixture(scope="module")
def denied(template: Template) -> dict[str, dict[str, Any]]:
    """What is denied to everybody, by name of the statement."""
    statements = template.resources["AnchorBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert {(each["Effect"], each["Principal"]) for each in statements} == {("Deny", "*")}
    return {each["Sid"]: each for each in statements}


def test_the_bucket_locks_every_object_so_that_nobody_can_unlock_it(template: Template) -> None:
    bucket = template.resources["AnchorBucket"]
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    properties = bucket["Properties"]
    assert properties["ObjectLockEnabled"] is True
    assert properties["ObjectLockConfiguration"] == {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": {"Ref": "AnchorRetentionDays"}}},
    }
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "BucketEncryption" in properties
    assert all(properties["PublicAccessBlockConfiguration"].values())


def test_only_the_function_of_anchors_writes_there(denied: dict[str, dict[str, Any]]) -> None:
    statement = denied["OnlyTheFunctionWrites"]
    assert (statement["Action"], statement["Resource"]) == ("s3:PutObject", OBJECTS)
    role = {"Fn::GetAtt": [f"{FUNCTION}Role", "Arn"]}
    assert statement["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": role}}


def test_nothing_is_written_twice_deleted_unlocked_or_expired(denied: dict[str, dict[str, Any]]) -> None:
    once = denied["NothingIsWrittenTwice"]
    assert (once["Action"], once["Resource"]) == ("s3:PutObject", OBJECTS)
    assert once["Condition"] == {"Null": {"s3:if-none-match": "true"}}
    never = denied["NothingIsDeletedOrUnlocked"]
    assert "Condition" not in never
    assert {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"} < set(never["Action"])
    assert "s3:PutLifecycleConfiguration" in never["Action"]


def test_the_bucket_requires_tls(denied: dict[str, dict[str, Any]]) -> None:
    assert denied["OnlyOverTls"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_function_writes_nowhere_else(template: Template) -> None:
    statements = list(template.statements(FUNCTION))
    writing = {"s3:PutObject"}
    granted = {action for each in statements for action in as_list(each["Action"])}
    assert granted == {"dynamodb:Query", "s3:GetObject", "s3:ListBucket", *writing}
    (put,) = (each for each in statements if writing & set(as_list(each["Action"])))
    assert name_of(put["Resource"]) == "${AnchorBucket.Arn}/audit/anchors/*"


@pytest.mark.parametrize("function", [name for name in FUNCTIONS if name != FUNCTION])
def test_no_other_function_has_any_right_there(template: Template, function: str) -> None:
    resources = [
        name_of(each) for statement in template.statements(function) for each in as_list(statement["Resource"])
    ]
    assert not [resource for resource in resources if "AnchorBucket" in resource]


def test_chains_are_anchored_every_hour_and_with_whatever_changes_production(template: Template) -> None:
    rules = template.of_type("AWS::Events::Rule")
    assert rules["AnchorScheduleRule"]["ScheduleExpression"] == "rate(1 hour)"
    assert rules["AnchorPromotionRule"]["EventPattern"] == {
        "source": [{"Fn::Sub": "auto-retrain.${Stage}"}],
        "detail": {"kind": [fact.model_fields["kind"].default for fact in (Promoted, VersionTakenBack)]},
    }
