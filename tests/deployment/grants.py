"""What each role of the rendered template may do, one grant for each action and resource, in words for people."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.deployment.cloudformation import as_list, name_of

Document = dict[str, Any]
ROLES = ("AWS::IAM::Role", "AWS::IAM::ManagedPolicy")


class Grant(NamedTuple):
    """An action that a role may take on a resource; of the table, on the items whose key begins like this."""

    role: str
    action: str
    resource: str

    def __str__(self) -> str:
        return f"{self.role}: {self.action} on {self.resource}"


def grants(rendered: Document) -> list[Grant]:
    """All that the roles' own policies allow; `rendered` has no conditions left."""
    return sorted({grant for name, role in roles(rendered).items() for grant in _grants_of(name, role)})


def roles(rendered: Document) -> dict[str, Document]:
    """Properties of the roles, and of the policies that people attach to roles of pods, by name."""
    of_kind = {name: each["Properties"] for name, each in rendered["Resources"].items() if each["Type"] in ROLES}
    return {name.removesuffix("Role"): properties for name, properties in of_kind.items()}


def managed_policies(rendered: Document) -> set[str]:
    """Names of the policies of AWS that roles have besides their own."""
    attached = [arn for role in roles(rendered).values() for arn in role.get("ManagedPolicyArns", ())]
    return {str(arn).rpartition("/")[2] for arn in attached}


def statements_of(role: Document) -> Iterator[Document]:
    documents = [policy["PolicyDocument"] for policy in role.get("Policies", ())]
    for document in [*documents, *([role["PolicyDocument"]] if "PolicyDocument" in role else [])]:
        yield from document["Statement"]


def _grants_of(name: str, role: Document) -> Iterator[Grant]:
    for statement in statements_of(role):
        refused = "" if statement["Effect"] == "Allow" else "never "
        for action in as_list(statement["Action"]):
            for resource in as_list(statement["Resource"]):
                for place in _places(statement):
                    yield Grant(name, f"{refused}{action}", f"{_readable(name_of(resource))}{place}")


def _places(statement: Document) -> list[str]:
    keys = [key for each in statement.get("Condition", {}).values() for key in each.get("dynamodb:LeadingKeys", ())]
    return [f" {key}" for key in keys] or [""]


def _readable(resource: str) -> str:
    """An ARN without what is the same for the whole stack."""
    short = re.sub(r"^arn:\$\{AWS::Partition\}:\w+:(\$\{AWS::Region\})?:(\$\{AWS::AccountId\})?:", "", resource)
    return re.sub(r"\$\{([\w.:]+)\}", r"\1", short).replace(".Arn", "").replace("AWS::", "")
