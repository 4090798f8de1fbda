"""Reads templates with CloudFormation's tags, and answers the questions of the tests."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

FUNCTIONS = (
    "SweepModelsFunction",
    "ReceiveAlarmFunction",
    "CheckTriggersFunction",
    "DetectDriftFunction",
    "CheckDataFunction",
    "StartJobFunction",
    "WatchJobsFunction",
    "JudgeProxyFunction",
    "ValidateModelFunction",
    "DeployModelFunction",
    "ProfileDataFunction",
    "AwaitReviewFunction",
    "AwaitRolloutFunction",
    "WatchRolloutsFunction",
    "RollBackFunction",
    "WatchChampionsFunction",
    "CloseJobFunction",
    "AnchorAuditFunction",
    "NotifyFunction",
    "SendDigestFunction",
    "ReportFleetFunction",
)


class _Loader(yaml.SafeLoader):
    """YAML with !Ref, !Sub, !GetAtt and the like, converted to CloudFormation's long forms."""


def _long_form(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    value = _value_of(loader, node)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


def _value_of(loader: _Loader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


_Loader.add_multi_constructor("!", _long_form)


class Template:
    """A template as written, before any transform."""

    def __init__(self, path: Path) -> None:
        self.document: dict[str, Any] = yaml.load(path.read_text(), _Loader)
        self.resources: dict[str, dict[str, Any]] = self.document["Resources"]

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Properties of all resources of one type, by logical id."""
        return {name: resource["Properties"] for name, resource in self.resources.items() if resource["Type"] == kind}

    @property
    def functions(self) -> dict[str, dict[str, Any]]:
        return self.of_type("AWS::Serverless::Function")

    def setting_names(self, function: str) -> set[str]:
        """Names of the environment variables that a function gets."""
        own = self.functions[function].get("Environment", {"Variables": {}})
        return {*self.document["Globals"]["Function"]["Environment"]["Variables"], *own["Variables"]}

    def statements(self, logical_id: str) -> Iterator[dict[str, Any]]:
        """Statements of a resource's inline policies, including conditional ones."""
        for policy in self.resources[logical_id]["Properties"].get("Policies", []):
            for statement in policy.get("PolicyDocument", policy)["Statement"]:
                yield statement["Fn::If"][1] if "Fn::If" in statement else statement

    def refusals(self, given: dict[str, str]) -> list[str]:
        """Why the rules refuse these parameters, together with the defaults of all others."""
        return [
            assertion["AssertDescription"]
            for rule in self.document["Rules"].values()
            if self.holds(rule["RuleCondition"], given)
            for assertion in rule["Assertions"]
            if not self.holds(assertion["Assert"], given)
        ]

    def holds(self, condition: dict[str, Any], given: dict[str, str]) -> bool:
        """Whether a condition is true with these parameters, together with the defaults of all others."""
        ((function, arguments),) = condition.items()
        if function == "Condition":
            return self.holds(self.document["Conditions"][arguments], given)
        if function == "Fn::Equals":
            left, right = (self._value(argument, given) for argument in arguments)
            return left == right
        held = [self.holds(argument, given) for argument in arguments]
        return {"Fn::And": all(held), "Fn::Or": any(held), "Fn::Not": not held[0]}[function]

    def _value(self, argument: Any, given: dict[str, str]) -> str:
        if isinstance(argument, str):
            return argument
        return given.get(argument["Ref"], str(self.document["Parameters"][argument["Ref"]].get("Default")))

    def actions(self, logical_id: str) -> set[str]:
        return {action for statement in self.statements(logical_id) for action in as_list(statement["Action"])}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def name_of(resource: Any) -> str:
    """A resource as written in the template, without the tag."""
    if isinstance(resource, str):
        return resource
    ((tag, value),) = resource.items()
    if tag == "Fn::Split":
        return name_of(value[1])
    if tag == "Fn::Sub" and isinstance(value, list):
        return str(value[0])
    return ".".join(value) if isinstance(value, list) else str(value)
