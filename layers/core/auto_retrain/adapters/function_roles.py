"""Whether the roles of a deployed stack may still do what is written down for them, by IAM's simulation."""

import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ..domain.account import Simulated
from ..domain.errors import TransientError
from .aws import translated
from .simulation import simulate

WRITTEN_DOWN = Path(__file__).with_name("permissions.yaml")
# The policies of keys decide as well, and conditions name what only a real request has.
NOT_SIMULATED = frozenset({"kms:Decrypt"})
_ENDING_OF_MACHINE = "-retraining"
# IAM answers few requests a second.
_AT_ONCE = 4
_NAME = re.compile(r"\b[A-Z][A-Za-z.]+\b")
_PREFIXES = {
    "s3": "arn:{partition}:s3:::",
    "dynamodb": "arn:{partition}:dynamodb:{region}:{account}:table/",
    "lambda": "arn:{partition}:lambda:{region}:{account}:function:",
}
_OTHER_PREFIX = "arn:{partition}:{service}:{region}:{account}:"

Document = Mapping[str, Mapping[str, list[str]]]


class Stack(NamedTuple):
    """A deployed stack: its place, and the values of its parameters and names of its resources, by their names."""

    place: Mapping[str, str]
    names: Mapping[str, str]

    def arns(self, service: str, resource: str) -> list[str]:
        """What a resource that is written down is called here; nothing if this stack was deployed without it."""
        if resource == "*":
            return ["*"]
        if service == "aps" and self.names.get("PrometheusAuthentication") != "sigv4":
            return []
        values = [self.names.get(name, "") for name in _NAME.findall(resource)]
        if not all(values):
            return []
        text = _NAME.sub(lambda match: self.names[match[0]], resource)
        prefix = _PREFIXES.get(service, _OTHER_PREFIX).format(service=service, **self.place)
        return [each if each.startswith("arn:") else prefix + each for each in text.split(",")]

    @property
    def roles(self) -> str:
        return f"arn:{self.place['partition']}:iam::{self.place['account']}:role/"


def read_stack(cloudformation: Any, state_machine_arn: str) -> Stack:
    """The stack of a state machine; raises AwsRefused if the caller may not read it."""
    _, partition, _, region, account, _, machine = state_machine_arn.split(":")
    stack_name = machine.removesuffix(_ENDING_OF_MACHINE)
    with translated(TransientError, place=f"stack '{stack_name}'"):
        (stack,) = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
        pages = cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack_name)
        resources = [each for page in pages for each in page["StackResourceSummaries"]]
    names = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", ())}
    names |= {each["LogicalResourceId"]: _name(each.get("PhysicalResourceId", "")) for each in resources}
    names |= {"StackName": stack_name, "RetrainingStateMachine.Name": machine}
    return Stack({"partition": partition, "region": region, "account": account}, names)


def _name(physical_id: str) -> str:
    """A queue is listed by its address."""
    return physical_id.rpartition("/")[2] if physical_id.startswith("https://") else physical_id


def simulate_roles(iam: Any, stack: Stack) -> Iterator[tuple[str, Simulated]]:
    """What each role is denied or may be denied; pods have roles of their own, which are not known here.

    Raises AwsRefused if the caller may not simulate.
    """
    written: Document = yaml.safe_load(WRITTEN_DOWN.read_text(encoding="utf-8"))
    for name, actions in written.items():
        if not name.endswith("Policy"):
            yield name, _simulate_role(iam, stack, name, actions)


def _simulate_role(iam: Any, stack: Stack, name: str, actions: Mapping[str, list[str]]) -> Simulated:
    role = stack.names.get(f"{name}Role")
    if not role:
        return Simulated(denied=("anything: the stack has no such role",))
    ask = partial(_ask, iam, stack.roles + role)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return Simulated.together(pool.map(ask, *zip(*_questions(stack, actions).items(), strict=True)))


def _questions(stack: Stack, actions: Mapping[str, list[str]]) -> dict[tuple[str, str, str], list[str]]:
    """The actions by service, ARN and, of the table, the key of an item."""
    questions: dict[tuple[str, str, str], list[str]] = {}
    for action, resources in actions.items():
        service = action.partition(":")[0]
        for resource in resources if action not in NOT_SIMULATED else ():
            place, _, key = resource.partition(" ")
            for arn in stack.arns(service, place):
                source = f"auto-retrain.{stack.names.get('Stage')}" if service == "events" else ""
                questions.setdefault((service, arn, key or source), []).append(action)
    return questions


def _ask(iam: Any, role: str, place: tuple[str, str, str], actions: list[str]) -> Simulated:
    service, arn, value = place
    key = {"dynamodb": "dynamodb:LeadingKeys", "events": "events:source"}.get(service, "")
    try:
        return simulate(iam, role, actions, arn, {key: [value]} if value else None)
    except TransientError as error:
        return Simulated(unknown=(f"{', '.join(actions)} on {arn}: {error}",))
